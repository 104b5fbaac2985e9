/** SIGKILL in the middle of commits: what was acknowledged is there, and nothing in half. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeOwn } from '../../../agent/core/codec/canonical.ts';
import { journalHeadCoder } from '../../../agent/core/codec/record.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { damageIn, open, temporaryFolder } from './fixture.ts';

const ROUNDS = 10;
const CHILD = fileURLToPath(new URL('./kill-child.js', import.meta.url));

/** Reads the acknowledged numbers of a child, and kills it after some of them. */
async function runAndKill(folder: string, from: number, acknowledged: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, folder, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.split('\n').length > acknowledged) killHard(child);
  });
  const [code, signal] = await exited;
  assert.equal(signal, 'SIGKILL', `the child ended by itself with ${code}`);
  if (!child.stdout.readableEnded) await once(child.stdout, 'end');
  const numbers = text.split('\n').slice(0, -1).map(Number);
  return numbers.at(-1) ?? -1;
}

function killHard(child: ChildProcess): void {
  if (child.pid !== undefined && child.signalCode === null) process.kill(child.pid, 'SIGKILL');
}

describe('a process that is killed while it commits', () => {
  it(`leaves a sound store with all that it acknowledged, ${ROUNDS} times`, async (t) => {
    const folder = temporaryFolder(t);
    let count = 0;
    let acknowledged = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const last = await runAndKill(folder, count, 20 + round * 37);
      assert.deepEqual(await damageIn(folder), []);
      const store = await open(folder);
      const head = store.get(SPACES.journalHead.key);
      assert.ok(head !== undefined);
      count = Number(decodeOwn(journalHeadCoder, head).count);
      assert.ok(count > last, `fact ${last} was acknowledged, and there are ${count}`);
      assert.ok(store.get(SPACES.journal.at(BigInt(last)).key) !== undefined);
      acknowledged = last + 1;
      await store.close();
    }
    t.diagnostic(`${acknowledged} facts acknowledged, ${count} on disk, ${ROUNDS} kills`);
  });
});
