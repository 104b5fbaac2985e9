/** Logs: secrets never get through, repeated errors are folded, the level changes while running. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatSeed } from '../../agent/shell/keys.ts';
import { createFolder } from '../../agent/shell/log/log-fold.ts';
import { createLogs, type Logs } from '../../agent/shell/log/logs.ts';

function recorded(): { logs: Logs; lines: () => Record<string, unknown>[] } {
  const written: string[] = [];
  const output = { write: (line: string) => void written.push(line) };
  const logs = createLogs({ level: 'info', node: 'north', output, nowMs: () => 0 });
  return { logs, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const SEED = new Uint8Array(32).fill(0xa5);
const SEED_HEX = 'a5'.repeat(32);

describe('the log', () => {
  it('is one JSON object a line, with time, level, node and message', () => {
    const { logs, lines } = recorded();
    logs.info('listening', { address: '[::1]:7420' });
    const [{ time, ...rest } = {}] = lines();
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(rest, {
      level: 'info',
      node: 'north',
      address: '[::1]:7420',
      msg: 'listening',
    });
  });

  const secrets: readonly [string, Record<string, unknown>][] = [
    ['bytes', { value: SEED }],
    ['a seed in hexadecimal', { value: SEED_HEX }],
    ['a seed in capitals', { value: SEED_HEX.toUpperCase() }],
    ['a seed as a key file has it', { value: formatSeed(SEED) }],
    ['a seed inside a text', { value: `could not read ${formatSeed(SEED)}!` }],
    ['a seed deep inside', { value: { list: [{ inner: SEED_HEX }] } }],
    ['a field that is called secret', { value: { nodeSecret: 'hunter2' } }],
    ['a passphrase', { mesh_passphrase: 'hunter2' }],
    ['an error that quotes a seed', { value: new Error(`bad ${SEED_HEX}`) }],
    ['the cause of an error', { value: new Error('x', { cause: new Error(SEED_HEX) }) }],
  ];
  for (const [what, fields] of secrets) {
    it(`does not show ${what}`, () => {
      const { logs, lines } = recorded();
      logs.info('trial', fields);
      // The time of day is left out: its milliseconds may be the 165 that a byte of the seed is.
      const shown = lines().map((line) => ({ ...line, time: '' }));
      const text = JSON.stringify(shown).toLowerCase();
      assert.doesNotMatch(text, /a5a5|mpsecret|hunter2|165/);
    });
  }

  it('does not show a seed in the message itself', () => {
    const { logs, lines } = recorded();
    logs.info(`read ${formatSeed(SEED)}`);
    assert.equal(lines()[0]?.['msg'], 'read [redacted]');
  });

  it('cuts what is too long or too deep', () => {
    const { logs, lines } = recorded();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    logs.info('trial', { text: 'x'.repeat(100_000), loop, many: Array(1000).fill(1) });
    assert.ok(JSON.stringify(lines()).length < 5_000);
  });

  it('writes a repeated error once and then how often it came', () => {
    const { logs, lines } = recorded();
    for (let i = 0; i < 5; i++) logs.error('disk is slow', { i });
    logs.error('another');
    assert.equal(lines().length, 2);
    logs.flush();
    const last = lines().at(-1);
    assert.deepEqual([last?.['msg'], last?.['repeated'], last?.['i']], ['disk is slow', 4, 4]);
  });

  it('changes its level while it runs', () => {
    const { logs, lines } = recorded();
    logs.debug('one');
    logs.level = 'debug';
    logs.debug('two');
    logs.level = 'silent';
    logs.fatal('three');
    assert.deepEqual(
      lines().map(({ msg }) => msg),
      ['two'],
    );
  });
});

describe('folding', () => {
  it('begins a new window when the old one is over', () => {
    const folder = createFolder<number>(100, 10);
    assert.equal(folder.take('a', 1, 0), true);
    assert.equal(folder.take('a', 2, 99), false);
    assert.deepEqual(folder.flush(99), []);
    assert.deepEqual(folder.flush(100), [{ key: 'a', count: 1, last: 2 }]);
    assert.equal(folder.take('a', 3, 101), true);
    assert.deepEqual(folder.flush(201), []);
  });

  it('writes what it has no room to count', () => {
    const folder = createFolder<number>(100, 1);
    assert.equal(folder.take('a', 1, 0), true);
    assert.equal(folder.take('b', 1, 0), true);
    assert.equal(folder.take('b', 2, 0), true);
    assert.equal(folder.take('a', 2, 0), false);
  });
});
