/** The scrub: finds what no single read can tell, while commits go on, and over restarts. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ClassicLevel } from 'classic-level';
import fc from 'fast-check';
import type { Sequence } from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { journalHeadCoder } from '../../../agent/core/codec/record.ts';
import { SPACES } from '../../../agent/core/spaces.ts';
import { type Damage, StoreDamaged } from '../../../agent/shell/store/damage.ts';
import { type Level, openLevel } from '../../../agent/shell/store/level.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { startScrub } from '../../../agent/shell/store/scrubber.ts';
import { digestOf, keyBytes, seal } from '../../../agent/shell/store/seal.ts';
import type { Store } from '../../../agent/shell/store/store.ts';
import {
  account,
  asKilled,
  damageAtWork,
  fill,
  IN_MEMORY,
  Ledger,
  open,
  scrubWhole,
  temporaryFolder,
} from './fixture.ts';

/** Changes a closed store behind the back of the program. */
async function tamper(folder: string, change: (level: Level) => Promise<void>): Promise<void> {
  const opened = await openLevel(join(folder, 'store/db'), false);
  assert.ok(opened.state === 'open');
  await change(opened.level);
  await opened.level.close();
}

async function filled(t: TestContext, facts: number): Promise<string> {
  const folder = temporaryFolder(t, IN_MEMORY);
  await fill(folder, facts);
  return folder;
}

/** What a start does not look at: each is found by the scrub alone. */
const HISTORY: Readonly<Record<string, (level: Level) => Promise<void>>> = {
  'a journal entry is gone': (level) => level.del(keyBytes(SPACES.journal.at(7n).key)),
  'an index is gone': (level) =>
    level.del(keyBytes(SPACES.certificateAt.at(account(3), 3n as Sequence).key)),
  'an index is another': (level) => {
    const key = SPACES.certificateAt.at(account(3), 3n as Sequence).key;
    const value = new Uint8Array(8);
    return level.put(keyBytes(key), seal(value, digestOf(key, value)));
  },
  'a journal entry does not fit its seal': (level) =>
    level.put(keyBytes(SPACES.journal.at(7n).key), Buffer.alloc(300)),
  'the last journal entry is gone': (level) => level.del(keyBytes(SPACES.journal.at(29n).key)),
  'a record nobody wrote': (level) => {
    const key = SPACES.journal.at(30n).key;
    const value = new Uint8Array(40);
    return level.put(keyBytes(key), seal(value, digestOf(key, value)));
  },
};

/** What a vote depends on: each is found at the start. */
const GUARDED: Readonly<Record<string, (level: Level) => Promise<void>>> = {
  'an account is gone': (level) => level.del(keyBytes(SPACES.account.at(account(3)).key)),
  'an account is as it was before': (level) => {
    const key = SPACES.account.at(account(3)).key;
    const value = new Uint8Array(120);
    return level.put(keyBytes(key), seal(value, digestOf(key, value)));
  },
  'an account does not fit its seal': (level) =>
    level.put(keyBytes(SPACES.account.at(account(3)).key), Buffer.alloc(40)),
  'the head of the journal is gone': (level) => level.del(keyBytes(SPACES.journalHead.key)),
  'the network is gone': (level) => level.del(keyBytes(SPACES.genesis.key)),
  'a standing nobody wrote': (level) => {
    const key = SPACES.standing.key;
    const value = new Uint8Array(2);
    return level.put(keyBytes(key), seal(value, digestOf(key, value)));
  },
};

describe('a start', () => {
  for (const [what, change] of Object.entries(GUARDED)) {
    it(`finds what a vote depends on: ${what}`, async (t) => {
      const folder = await filled(t, 30);
      await tamper(folder, change);
      const opened = await openStore({ folder, allowVolatile: true });
      assert.equal(opened.state, 'damaged');
      if ('reader' in opened) await opened.reader?.close();
    });
  }

  it('reads nothing of history', async (t) => {
    const folder = await filled(t, 30);
    for (const change of Object.values(HISTORY)) await tamper(folder, change);
    const opened = await openStore({ folder, allowVolatile: true });
    assert.ok('store' in opened);
    await opened.store.close();
  });
});

describe('a scrub', () => {
  for (const [what, change] of Object.entries(HISTORY)) {
    it(`finds that ${what}, and no start after that takes the store for sound`, async (t) => {
      const folder = await filled(t, 30);
      await tamper(folder, change);
      const store = await open(folder);
      const found = await scrubWhole(store, 7);
      assert.notDeepEqual(found, []);
      // Also when the process dies right then.
      const killed = asKilled(t, folder);
      await store.close();
      for (const left of [killed, folder]) {
        const opened = await openStore({ folder: left, allowVolatile: true });
        assert.ok(opened.state === 'damaged');
        assert.deepEqual(opened.damage, found);
        await opened.reader?.close();
      }
    });
  }

  it('finds nothing in a sound store, wherever its slices end', async (t) => {
    const folder = await filled(t, 25);
    const store = await open(folder);
    for (let records = 1; records <= 80; records++) {
      assert.deepEqual(await scrubWhole(store, records), [], `${records} at a time`);
    }
    assert.equal(store.statistics().scrub.passes, 80);
    await store.close();
  });

  it('is right whatever is committed meanwhile, before and behind its cursor', async (t) => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('slice' as const), records: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant('fact' as const) }),
      fc.record({
        kind: fc.constant('write' as const),
        n: fc.integer({ min: 0, max: 30 }),
        value: fc.option(fc.uint8Array({ maxLength: 4 }), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('wait' as const) }),
    );
    const folder = await filled(t, 0);
    const store = await open(folder);
    const ledger = new Ledger();
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        let commit: Promise<void> = Promise.resolve();
        let slice: Promise<unknown> = Promise.resolve();
        for (const step of actions) {
          if (step.kind === 'wait') await Promise.all([commit, slice]);
          else if (step.kind === 'slice') {
            await slice;
            slice = store.scrub(step.records).then((result) => {
              assert.ok(typeof result === 'string', JSON.stringify(result));
            });
          } else {
            await commit;
            const key = step.kind === 'fact' ? undefined : SPACES.account.at(account(step.n)).key;
            const writes =
              step.kind === 'fact' || key === undefined
                ? ledger.fact(20)
                : [{ key, value: step.value }];
            commit = store.commit(writes);
          }
        }
        await Promise.all([commit, slice]);
      }),
      { numRuns: 60 },
    );
    assert.deepEqual(await scrubWhole(store, 5), []);
    assert.ok(store.statistics().scrub.passes > 1);
    await store.close();
  });

  it('takes in what is committed between the beginning and the end of a slice', async (t) => {
    const folder = await filled(t, 30);
    const store = await open(folder);
    const { iterator } = ClassicLevel.prototype;
    t.after(() => Object.assign(ClassicLevel.prototype, { iterator }));
    let commit: () => Promise<void> = async () => undefined;
    Object.assign(ClassicLevel.prototype, {
      iterator(this: unknown, ...parts: never[]) {
        const real = Reflect.apply(iterator, this, parts);
        const nextv = real.nextv.bind(real);
        // What was read is the state before this commit, which is done when it is taken in.
        real.nextv = async (...sizes: [number]) => {
          const group = await nextv(...sizes);
          const act = commit;
          commit = async () => undefined;
          await act();
          return group;
        };
        return real;
      },
    });
    const put = (n: number, byte: number) => ({
      key: SPACES.account.at(account(n)).key,
      value: Uint8Array.of(byte),
    });
    // Accounts 0 to 19 are there; others come to be, go, and change, at any distance to the cursor.
    const writes = Array.from({ length: 40 }, (_, n) =>
      n % 3 === 0 ? { key: SPACES.account.at(account(n)).key, value: undefined } : put(n, n),
    );
    for (const records of [1, 4, 200]) {
      for (let slice = 0; slice < 12; slice++) {
        commit = () => store.commit(writes.filter((_, n) => (n + slice) % 2 === 0));
        const step = await store.scrub(records);
        assert.equal(typeof step, 'string', JSON.stringify(step));
        await store.commit([put(slice, slice), put(39 - slice, slice)]);
      }
      assert.deepEqual(await scrubWhole(store), [], `${records} at a time`);
    }
    await store.close();
  });

  it('goes on after a restart where it was, and begins again after a crash', async (t) => {
    const folder = await filled(t, 30);
    const first = await open(folder);
    await first.scrub(40);
    await first.close();
    const second = await open(folder);
    assert.equal(second.statistics().scrub.records, 40n);
    await second.commit([{ key: SPACES.account.at(account(2)).key, value: Uint8Array.of(1) }]);
    const killed = asKilled(t, folder);
    assert.deepEqual(await scrubWhole(second), []);
    await second.close();
    const third = await open(folder);
    assert.equal(third.statistics().scrub.records, 0n, 'a whole pass leaves nothing to go on with');
    await third.close();
    const after = await open(killed);
    assert.equal(after.statistics().scrub.records, 0n);
    assert.deepEqual(await scrubWhole(after), []);
    await after.close();
  });

  it('gets to the end in sessions that read only some records each, and finds what is wrong', async (t) => {
    const folder = await filled(t, 60);
    await tamper(folder, (level) =>
      level.del(keyBytes(SPACES.certificateAt.at(account(3), 3n as Sequence).key)),
    );
    const ledger = new Ledger();
    for (let i = 0; i < 60; i++) ledger.fact();
    let found: readonly Damage[] = [];
    for (let session = 0; session < 40 && found.length === 0; session++) {
      const store = await open(folder);
      await store.commit(ledger.fact());
      const step = await store.scrub(17);
      if (typeof step !== 'string') found = step;
      await store.close();
    }
    assert.match(found[0]?.found ?? '', /^there are \d+ and not \d+$/);
    assert.notDeepEqual(await damageAtWork(folder), []);
  });

  it('notices a head of the journal that goes by other entries', async (t) => {
    const folder = await filled(t, 30);
    const store = await open(folder);
    const head = encode(journalHeadCoder, { count: 31n, link: new Uint8Array(32) });
    await store.commit([{ key: SPACES.journalHead.key, value: head }]);
    const [damage] = await scrubWhole(store);
    assert.equal(damage?.code, 'journal');
    await store.close();
  });
});

describe('damage that is met in a read', () => {
  it('is remembered, whoever read: the next start does not take the store for sound', async (t) => {
    const key = SPACES.journal.at(7n).key;
    const reads: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
      'a lookup': async (store) => store.get(key),
      'a scan': async (store) => {
        for await (const _ of store.records());
      },
      'a commit that replaces it': (store) => store.commit([{ key, value: new Uint8Array(40) }]),
    };
    for (const [what, read] of Object.entries(reads)) {
      const folder = await filled(t, 30);
      await tamper(folder, (level) => level.put(keyBytes(key), Buffer.alloc(300)));
      const store = await open(folder);
      await assert.rejects(read(store), StoreDamaged, what);
      await store.close();
      const opened = await openStore({ folder, allowVolatile: true });
      assert.ok(opened.state === 'damaged', what);
      assert.match(opened.damage[0]?.where ?? '', /^journal record of journal number 7$/);
      await opened.reader?.close();
    }
  });
});

describe('the scrubber', () => {
  it('works by itself until all is read, and tells damage once', async (t) => {
    const folder = await filled(t, 30);
    await tamper(folder, (level) => level.del(keyBytes(SPACES.journal.at(7n).key)));
    const store = await open(folder);
    // The scrubber keeps no process alive.
    const alive = setInterval(() => undefined, 1_000);
    t.after(() => clearInterval(alive));
    const damage = await new Promise<readonly Damage[]>((resolve, reject) => {
      const scrubber = startScrub(store, {
        onDamage: (found) => scrubber.stop().then(() => resolve(found), reject),
        onError: reject,
      });
    });
    assert.match(damage[0]?.where ?? '', /journal record 7/);
    await store.close();
  });

  it('begins no slice after it was stopped', async (t) => {
    const folder = await filled(t, 30);
    const store = await open(folder);
    let slices = 0;
    const alive = setInterval(() => undefined, 1_000);
    t.after(() => clearInterval(alive));
    const watched = {
      scrub: (records: number) => {
        slices += 1;
        return store.scrub(records);
      },
    };
    const fail = (): void => assert.fail('nothing is wrong');
    const scrubber = startScrub(watched, { onDamage: fail, onError: fail });
    while (slices === 0) await new Promise((resolve) => setImmediate(resolve));
    await scrubber.stop();
    const before = slices;
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(slices, before);
    await store.close();
  });
});
