/**
 * A node that is still opening its store, and one whose store turns out to be damaged while it
 * works.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { askControl } from '../../agent/shell/control/client.ts';
import { ControlError } from '../../agent/shell/control/errors.ts';
import { exitStatus } from '../../agent/shell/exit-codes.ts';
import { openLevel } from '../../agent/shell/store/level.ts';
import { found, until } from '../support/wait.ts';
import { makeNetwork } from './network.ts';
import { runDaemon } from './process.ts';

/** Node's arguments for a daemon whose database does not open before `file` is there. */
function withWaitFor(folder: string, file: string): string[] {
  const hook = join(folder, 'wait.mjs');
  writeFileSync(
    hook,
    `import { existsSync } from 'node:fs';
import { ClassicLevel } from '${import.meta.resolve('classic-level')}';
const { open } = ClassicLevel.prototype;
ClassicLevel.prototype.open = async function (...parts) {
  while (!existsSync(${JSON.stringify(file)})) await new Promise((r) => setTimeout(r, 5));
  return open.apply(this, parts);
};
`,
  );
  return ['--import', hook];
}

test('a node that opens its store says so on its control socket, and then takes part', async () => {
  const network = await makeNetwork({ authorities: 1 });
  try {
    const node = network.authority(0);
    const go = join(network.folder, 'go');
    const started = node.start({ nodeArgs: withWaitFor(network.folder, go) });
    const status = await found(
      () => askControl(node.socket, 'status').catch(() => undefined),
      'the control socket answers',
    );
    assert.equal(status.state, 'starting');
    assert.deepEqual(status.opening, { what: 'opening the store', done: 0, of: null });
    assert.deepEqual(status.voting, { may: false, whyNot: 'opening the store' });
    assert.equal(status.store, null);
    const { checks } = await askControl(node.socket, 'doctor');
    assert.equal(checks.find(({ name }) => name === 'store')?.verdict, 'warn');
    for (const ask of [
      askControl(node.socket, 'backup', { file: join(network.folder, 'x.backup') }),
      askControl(node.socket, 'reload'),
      askControl(node.socket, 'reach'),
    ]) {
      await assert.rejects(ask, (error) => {
        return error instanceof ControlError && error.view.code === 'starting';
      });
    }
    writeFileSync(go, '');
    assert.equal((await started).opening, null);
    await node.until(({ voting }) => voting.may, 'it votes');
  } finally {
    await network.close();
  }
});

test('a node whose scrub finds damage leaves, stays up to say so, and does so at every start', async () => {
  const network = await makeNetwork({ authorities: 1 });
  try {
    const node = network.authority(0);
    await node.start();
    await node.until(({ voting }) => voting.may, 'it votes');
    await node.until(({ store }) => store?.scrub.passes === 1, 'all records were read again');
    await node.stop();
    await loseHistory(join(node.config['store.folder'], 'store/db'));

    await node.start();
    const status = await node.until(({ state }) => state === 'damaged', 'the scrub finds it');
    assert.deepEqual(status.voting, { may: false, whyNot: 'the stored state is damaged' });
    assert.deepEqual([status.store, status.listening], [null, []]);
    const { checks } = await node.control.request('doctor');
    const store = checks.find(({ name }) => name === 'store');
    assert.equal(store?.verdict, 'fail');
    assert.match(store?.what ?? '', /there are \d+ and not \d+ \(records_differ\)/);
    await until(() => node.log().some(({ msg }) => /takes no part/.test(String(msg))), 'it logs');

    await node.kill9();
    const again = await node.start();
    assert.equal(again.state, 'damaged', 'and it took no part for a moment');
    const { code } = await node.stop();
    assert.equal(code, 0);
    const strict = await runDaemon('--config', node.configFile, '--strict');
    assert.equal(strict.code, exitStatus('store_damaged'));
  } finally {
    await network.close();
  }
});

/** Removes a record that no start looks at. */
async function loseHistory(database: string): Promise<void> {
  const opened = await openLevel(database, false);
  assert.ok(opened.state === 'open');
  const { level } = opened;
  const [first] = await level.keys({ gte: Buffer.from('E'), lt: Buffer.from('F') }).all();
  assert.ok(first !== undefined, 'there is an account in the list');
  await level.del(first);
  await level.close();
}
