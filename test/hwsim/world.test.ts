/**
 * The harness itself: programs, files, terminals and the medium of a world of virtual radios, and
 * that nothing is left of it afterwards. Skipped with a printed reason where the host cannot have
 * virtual radios.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { ChannelError } from './channel.ts';
import { runPrompt } from './shell.ts';
import { readyHost, skip } from './suite.ts';
import { line, linksOf } from './topology.ts';
import { bootWorld, type World } from './world.ts';

describe('a world of virtual radios', { skip }, () => {
  let world: World;

  before(async () => {
    world = await bootWorld({ host: readyHost(), radios: 3 });
  });

  after(async () => {
    await world?.close();
  });

  it('gives each radio a namespace with its own radio and nothing else', async () => {
    for (const node of world.nodes) {
      const radios = await node.must(['ls', '/sys/class/ieee80211']);
      assert.equal(radios.trim(), node.phy);
      assert.equal((await node.must(['ls', '/sys/class/net'])).trim(), 'lo');
    }
  });

  it('reports how a program ended, what it printed, and that it took too long', async () => {
    const node = world.node(0);
    const failed = await node.exec(['sh', '-c', 'cat; echo bad >&2; exit 3'], { stdin: 'in' });
    assert.deepEqual([failed.code, failed.stdout, failed.stderr], [3, 'in', 'bad\n']);
    const slow = await node.exec(['sh', '-c', 'sleep 60; true'], { timeoutMs: 2_000 });
    assert.deepEqual([slow.timedOut, slow.signal], [true, 'SIGKILL']);
    await assert.rejects(node.must(['false']), /n0: false: exit code 1/);
  });

  it('keeps a program running, follows its log, and ends it', async () => {
    const counting = 'for i in 1 2 3; do echo number $i; done; exec sleep 60';
    const program = await world.node(1).spawn(['sh', '-c', counting], { name: 'counter' });
    assert.equal(await program.line(/number/), 'number 1');
    assert.equal(await program.line(/number/), 'number 2');
    await assert.rejects(program.line(/never/, 100), /printed no line/);
    await assert.rejects(world.node(2).spawn(['true'], { name: 'counter' }), {
      code: 'NAME_TAKEN',
    });
    assert.match(await world.report(), /--- counter \(running\)\nnumber 1\nnumber 2\nnumber 3/);
    assert.equal((await program.kill()).signal, 'SIGKILL');
    assert.match(await world.report(), /--- counter \(ended: SIGKILL\)/);
  });

  it('adds the logs to what went wrong', async () => {
    const failing = world.explain(() => Promise.reject(new Error('the reason')));
    await assert.rejects(failing, /the reason\n\n--- counter[\s\S]*--- console/);
  });

  it('writes and reads large files inside, and cannot change a file of the host', async () => {
    const bytes = randomBytes(1_300_000);
    await world.node(2).write('/tmp/hwsim-guest-only', bytes);
    assert.ok(bytes.equals(await world.node(2).read('/tmp/hwsim-guest-only')));
    await world.outside.must(['sh', '-c', 'rm -f /etc/hostname; test ! -e /etc/hostname']);
    assert.ok(existsSync('/etc/hostname') && !existsSync('/tmp/hwsim-guest-only'));
  });

  it('writes the topology into the masks of the medium', async () => {
    await world.topology(line(3));
    await world.cut(0, 1);
    const masks = await Promise.all(
      world.nodes.map(async ({ phy }) => {
        const file = `/sys/kernel/debug/ieee80211/${phy}/hwsim/group`;
        return BigInt(await world.outside.must(['cat', file]));
      }),
    );
    assert.deepEqual(linksOf(masks), [[1, 2]]);
  });

  it('opens a terminal of the asked size in a namespace', async () => {
    let seen = '';
    const shell = await world.node(1).spawn(['sh', '-i'], {
      terminal: { rows: 7, columns: 99 },
      onOutput: (bytes) => {
        seen += bytes.toString('utf8');
      },
    });
    await shell.input(Buffer.from('stty size; ls /sys/class/ieee80211; exit 4\n'));
    assert.equal((await shell.wait()).code, 4);
    assert.match(seen, /7 99/);
    assert.match(seen, new RegExp(world.node(1).phy));
  });

  it('serves a prompt that changes the medium and runs programs', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const wanted = ['topology full', 'cut 0 2', 'run 1 echo hi', 'cut 0 9', 'nonsense', 'quit'];
    input.end(wanted.join('\n'));
    const said = text(output);
    assert.equal(await runPrompt(world, { input, output }), 0);
    output.end();
    const answers = (await said).split('\n');
    assert.ok(answers.includes('0-1 0-2 1-2'));
    assert.ok(answers.includes('0-1 1-2'));
    assert.ok(answers.includes('hi'));
    assert.ok(answers.includes('link 0-9: radios are 0 to 2'));
    assert.ok(answers.includes('no command "nonsense"; try help'));
  });

  it('powers off at the end, and refuses what comes afterwards', async () => {
    const ended = new Promise<string>((resolve) => world.onEnd(resolve));
    await world.close();
    assert.equal(await ended, 'exit code 0');
    await assert.rejects(world.node(0).exec(['true']), (error) => {
      return error instanceof ChannelError && error.code === 'MACHINE_GONE';
    });
  });
});
