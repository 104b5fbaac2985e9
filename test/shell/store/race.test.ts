/**
 * Two that work on one data folder at once: whatever each of them saw before, one is refused or
 * they come one after the other, and what was committed stays.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SPACES } from '../../../agent/core/spaces.ts';
import { backupFolder, restore } from '../../../agent/shell/store/backup.ts';
import { moveIn, moveOut, moveRequest } from '../../../agent/shell/store/move.ts';
import { StoreError } from '../../../agent/shell/store/store-error.ts';
import { account, damageIn, fill, IN_MEMORY, open, temporaryFolder } from './fixture.ts';
import { type FileCalls, watchFileCalls } from './paused-files.ts';

const ROUNDS = 20;
const CHILD = fileURLToPath(new URL('./race-child.js', import.meta.url));
const KEY = SPACES.account.at(account(1)).key;

/** A racing process: takes folders, answers how opening went. */
function racer(t: TestContext, number: number) {
  const child = spawn(process.execPath, [CHILD, String(number)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (folder: string): Promise<string> => {
    child.stdin.write(`${folder}\n`);
    const { value } = await lines.next();
    return String(value);
  };
}

/** As if the two could not see each other: no process of this folder is known any more. */
function hideHolders(folder: string): void {
  for (const name of readdirSync(folder))
    if (/^pid.*(?<!new)$/.test(name)) rmSync(join(folder, name));
}

/** Another process opens the folder, commits, and is done. */
async function openAndCommit(folder: string): Promise<void> {
  hideHolders(folder);
  const store = await open(folder);
  await store.commit([{ key: KEY, value: Uint8Array.of(7) }]);
  await store.close();
}

async function assertKept(folder: string, when: string): Promise<void> {
  assert.deepEqual(await damageIn(folder), [], when);
  const store = await open(folder);
  assert.deepEqual(store.get(KEY), Uint8Array.of(7), when);
  await store.close();
  const left = readdirSync(folder).filter((name) => /^store\.partial|^pid/.test(name));
  assert.deepEqual(left, [], when);
}

/** Lets `first` begin on a new folder and `other` do all of its own before each call of a file. */
async function atEachCall(
  t: TestContext,
  calls: FileCalls,
  first: (folder: string) => Promise<unknown>,
  prepare: (folder: string) => Promise<void> = async () => undefined,
): Promise<void> {
  const whole = temporaryFolder(t, IN_MEMORY);
  await prepare(whole);
  calls.start();
  await first(whole);
  calls.stop();
  const { count } = calls;
  assert.ok(count > 10, `${count} calls`);
  for (let at = 0; at < count; at++) {
    const folder = temporaryFolder(t, IN_MEMORY);
    await prepare(folder);
    let error: unknown;
    calls.start(at, async () => {
      error = await openAndCommit(folder).catch((thrown: unknown) => thrown);
    });
    const done = await first(folder).then(
      () => true,
      (thrown: unknown) => thrown,
    );
    calls.stop();
    const when = `at call ${at} of ${count}`;
    if (done !== true) {
      assert.ok(done instanceof StoreError, `${when}: ${done}`);
      assert.ok(['data_in_use', 'store_exists'].includes(done.code), `${when}: ${done.message}`);
    }
    // The other one may have found the folder taken; else what it did is there.
    if (error === undefined) await assertKept(folder, when);
    else assert.deepEqual(await damageIn(folder), [], `${when}: ${error}`);
  }
}

describe('two first openings at once', () => {
  it(`by processes: one is refused or waits, and no commit is lost, ${ROUNDS} times`, async (t) => {
    const racers = [racer(t, 0), racer(t, 1), racer(t, 2)];
    const tally = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const folder = temporaryFolder(t, IN_MEMORY);
      const answers = await Promise.all(racers.map((race) => race(folder)));
      for (const answer of answers) tally.set(answer, (tally.get(answer) ?? 0) + 1);
      const opened = answers.flatMap((answer, i) => (/sound|empty/.test(answer) ? [i] : []));
      assert.ok(opened.length > 0, answers.join());
      assert.ok(
        answers.every((answer) => /^(sound|empty|data_in_use)$/.test(answer)),
        answers.join(),
      );
      assert.deepEqual(await damageIn(folder), [], answers.join());
      const store = await open(folder);
      for (const i of opened)
        assert.ok(store.get(SPACES.account.at(account(i)).key), answers.join());
      await store.close();
    }
    t.diagnostic(JSON.stringify(Object.fromEntries(tally)));
  });

  it('that cannot see each other: wherever the one stands while the other works', async (t) => {
    const calls = watchFileCalls(t);
    await atEachCall(t, calls, async (folder) => {
      const store = await open(folder);
      await store.close();
    });
  });
});

describe('a first opening while', () => {
  it('a backup is restored: it is never put over the store that was begun', async (t) => {
    const source = temporaryFolder(t, IN_MEMORY);
    await fill(source, 3);
    const file = join(source, 'node.backup');
    await backupFolder({ folder: source, allowVolatile: true }, file);
    const calls = watchFileCalls(t);
    await atEachCall(t, calls, (folder) => restore(file, { folder, allowVolatile: true }));
  });

  it('a node is moved in: it is never put over the store that was begun', async (t) => {
    const calls = watchFileCalls(t);
    const files = new Map<string, string>();
    const prepare = async (folder: string): Promise<void> => {
      const code = await moveRequest({ folder, allowVolatile: true });
      const source = temporaryFolder(t, IN_MEMORY);
      await fill(source, 2);
      const file = join(source, 'node.move');
      await moveOut({ folder: source, allowVolatile: true }, code, file);
      files.set(folder, file);
    };
    const take = (folder: string): Promise<unknown> =>
      moveIn({ folder, allowVolatile: true }, files.get(folder) ?? '');
    await atEachCall(t, calls, take, prepare);
  });
});
