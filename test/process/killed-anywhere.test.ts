/**
 * A withdrawal is played again and again, and each time one node is killed at another place of its
 * life: before its commit but n, or right after it and before anything of that step leaves, for
 * every n and for wallet, authority and gateway. Nothing is left to chance: no commit is
 * overlooked. Whatever dies, the withdrawal ends paid out once, or given back once, everywhere.
 *
 * The disk of whoever dies is a real store: each of its batches is committed there, the folder is
 * copied without being closed, which is what a kill leaves, and what comes up reads the copy.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { withdrawalAt } from '../../agent/core/authority/locks.ts';
import { openCount } from '../../agent/core/authority/open-withdrawals.ts';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { LOOK_AT_LEDGERS_MS } from '../../agent/core/base/limits.ts';
import type { Sequence } from '../../agent/core/base/units.ts';
import type { WithdrawalStep } from '../../agent/core/codec/record.ts';
import { Draft } from '../../agent/core/draft.ts';
import type { Step, Write } from '../../agent/core/io.ts';
import { isDurable, spaceOf } from '../../agent/core/spaces.ts';
import { liveOrderOf, walletOf } from '../../agent/core/views.ts';
import { ownWithdrawal } from '../../agent/core/wallet/withdrawals.ts';
import { openStore } from '../../agent/shell/store/open.ts';
import type { Store } from '../../agent/shell/store/store.ts';
import { balanceAt, digestOf, lockedAt } from '../support/ledger.ts';
import { OuterLedger } from '../support/outer-ledger.ts';
import { type Place, World } from '../support/world.ts';

/** How the withdrawal ends if nobody dies, in the words of authorities and of its wallet. */
interface Ending {
  readonly at: 'paid' | 'returned' | 'refunded';
  readonly told: WithdrawalStep['state'];
  /** What alice has afterwards, of 1000. */
  readonly left: bigint;
  /** The first of them is the ledger's observer. */
  readonly gateways: readonly string[];
}

const ENDINGS = {
  paid: { at: 'paid', told: 'finalized', left: 600n, gateways: ['auth-0'] },
  'paid by one of two gateways': {
    at: 'paid',
    told: 'finalized',
    left: 600n,
    gateways: ['auth-0', 'auth-2'],
  },
  refused: { at: 'returned', told: 'rejected', left: 1_000n, gateways: ['auth-0'] },
  'out of time': { at: 'refunded', told: 'expired', left: 1_000n, gateways: [] },
} as const satisfies Record<string, Ending>;
type Course = keyof typeof ENDINGS;

/** What each course is played with: who dies, and the fewest commits that make its life. */
const MORTALS: readonly (readonly [role: string, who: string, fewest: number])[] = [
  ['wallet', 'alice', 5],
  ['authority', 'auth-1', 8],
  ['gateway', 'auth-0', 8],
];
const DEATHS = ['before', 'after'] as const;
type Death = (typeof DEATHS)[number];

/** Far above what any of them commits; a run that has fewer is the last one. */
const MOST_COMMITS = 400;
const [DOWN_MS, VALID_MS] = [1_500, 20_000];
const MOST_LOOKS = 90;

/** The commits of one node, and the one in which it dies. */
class Life {
  /** Batches so far, those from before the withdrawal first. */
  readonly batches: (readonly Write[])[] = [];
  /** What of its commits each was about, counted from when the withdrawal began. */
  readonly commits: string[] = [];
  readonly #place: Place;
  readonly #world: World;
  readonly #death: Death | undefined;
  readonly #at: number;
  #disk = new Map<ByteKey, Uint8Array>();
  #isCounting = false;
  died = false;

  /** Stands before whoever else watches the steps of this world. */
  constructor(world: World, who: string, death: Death | undefined, at: number) {
    this.#world = world;
    this.#place = world.place(who);
    this.#death = death;
    this.#at = at;
    this.#take([...this.#place.state].map(([key, value]) => ({ key, value })));
    const before = world.onStep;
    world.onStep = (place, event, step) => {
      before(place, event, step);
      if (place === this.#place) this.#note(step);
    };
  }

  begin(): void {
    this.#isCounting = true;
  }

  #note(step: Step): void {
    const writes = step.writes.filter(({ key }) => isDurable(key));
    if (writes.length === 0 || this.died) return;
    const isLast = this.#isCounting && this.#death && this.commits.length === this.#at;
    if (this.#isCounting) {
      this.commits.push([...new Set(writes.map(({ key }) => spaceOf(key)))].join(' '));
    }
    if (!isLast || this.#death === 'after') this.#take(writes);
    if (isLast) this.#die(step);
  }

  #take(all: readonly Write[]): void {
    const writes = all.filter(({ key }) => isDurable(key));
    for (const { key, value } of writes) {
      if (value === undefined) this.#disk.delete(key);
      else this.#disk.set(key, value);
    }
    this.batches.push(writes);
  }

  /** Nothing of this step leaves; what left before arrives, as far as others are there. */
  #die(step: Step): void {
    this.died = true;
    const unsent = new Set(step.sends.map(({ bytes }) => bytes));
    this.#world.loseThose(({ wire, bytes }) => wire.from === this.#place && unsent.has(bytes));
    const left = this.#world.loseThose(({ wire }) => wire.from === this.#place);
    this.#world.crash(this.#place.name);
    for (const { wire, bytes } of left) {
      if (!wire.to.up || wire.to === this.#place) continue;
      const link = wire.toLink;
      this.#world.event(wire.to, { kind: 'frame', link, bytes });
    }
  }

  /** Comes up with what a real store has of it after a kill. */
  async riseFrom(folder: string): Promise<void> {
    const [own, image] = [join(folder, 'own'), join(folder, 'image')];
    const store = await opened(own);
    for (const writes of this.batches) await store.commit(writes);
    // The process that held it is gone: its name is that of this one, which lives.
    cpSync(own, image, { recursive: true, filter: (path) => !/^pid\b/.test(basename(path)) });
    await store.close();
    const after = await opened(image);
    const state = new Map<ByteKey, Uint8Array>();
    for (const key of this.#disk.keys()) {
      const value = after.get(key);
      if (value !== undefined) state.set(key, value);
    }
    await after.close();
    assert.deepEqual(state, this.#disk, 'all commits are there, and nothing else');
    this.#place.state = state;
    this.#world.restart(this.#place.name);
    for (const { name, setup } of this.#world.places.values()) {
      const isPeer = name !== this.#place.name && (setup.authority ?? this.#place.setup.authority);
      if (isPeer && setup.wallet === undefined) this.#world.connect(this.#place.name, name);
      else if (isPeer) this.#world.connect(name, this.#place.name);
    }
    this.#world.run();
  }
}

async function opened(folder: string): Promise<Store> {
  const result = await openStore({ folder, allowVolatile: true });
  assert.ok('store' in result, result.state);
  return result.store;
}

function draftAt(world: World, name: string): Draft {
  const { state } = world.place(name);
  return new Draft({ get: (key) => state.get(key) }, { nowMs: 0, wallMs: 0 });
}

/** How the withdrawal stands at each authority. */
function statesOf(world: World): readonly (string | undefined)[] {
  const { publicKey } = world.place('alice').signer;
  return world.authorities.map(
    ({ name }) => withdrawalAt(draftAt(world, name), publicKey, 0n as Sequence)?.state,
  );
}

/** What its own wallet says of it. */
function toldOf(world: World): WithdrawalStep['state'] | undefined {
  return ownWithdrawal(draftAt(world, 'alice'), 0n as Sequence)?.steps.at(-1)?.state;
}

/** A wallet that died before it had signed has nothing: its owner asks again. */
function askAgain(world: World, course: Course): void {
  const { state, up } = world.place('alice');
  if (!up || liveOrderOf(state) !== undefined || toldOf(world) !== undefined) return;
  world.withdraw('alice', 400n, validFor(world, course));
  world.run();
}

function validFor({ nowMs }: World, course: Course) {
  return course === 'out of time' ? { validUntilMs: BigInt(nowMs + VALID_MS) } : {};
}

/** Plays the withdrawal once; the commits that whoever is watched made meanwhile. */
async function play(
  course: Course,
  who: string,
  death: Death | undefined,
  at: number,
  folder: string,
): Promise<Life> {
  const { at: due, told, gateways } = ENDINGS[course];
  const world = new World({ gateways, heartbeats: true });
  const life = new Life(world, who, death, at);
  const ledger = new OuterLedger(world);
  const place = world.place(who);
  ledger.fate = (from) => (from === place && !place.up ? 'question lost' : 'answered');
  world.connectAll();
  world.pass(10_000);
  life.begin();
  world.withdraw('alice', 400n, validFor(world, course));
  world.run();
  let deadMs: number | undefined;
  for (let look = 0; look < MOST_LOOKS; look++) {
    world.pass(LOOK_AT_LEDGERS_MS / 2);
    if (life.died && !place.up) {
      deadMs ??= world.nowMs;
      if (world.nowMs >= deadMs + DOWN_MS) await life.riseFrom(folder);
    }
    for (const entry of ledger.entries.values()) {
      if (entry.state === 'seen') ledger.become(entry, due === 'paid' ? 'final' : 'refused');
    }
    if (look % 4 === 3 && world.place('alice').up) {
      askAgain(world, course);
      world.refresh('alice');
      world.run();
    }
    const isOver = statesOf(world).every((state) => state === due) && toldOf(world) === told;
    if (isOver && place.up) break;
  }
  check(world, course, ledger);
  return life;
}

/** One end, the same everywhere, and nothing made or lost. */
function check(world: World, course: Course, ledger: OuterLedger): void {
  const { at, told, left } = ENDINGS[course];
  assert.deepEqual(statesOf(world), [at, at, at, at]);
  assert.equal(toldOf(world), told);
  for (const { name } of world.authorities) {
    assert.deepEqual(
      [balanceAt(world, name, 'alice'), lockedAt(world, name, 'alice')],
      [left, 0n],
      name,
    );
    assert.equal(openCount(draftAt(world, name)), 0n);
  }
  assert.equal(new Set(world.authorities.map(({ name }) => digestOf(world, name))).size, 1);
  assert.deepEqual([...ledger.paid.values()], at === 'paid' ? [1] : []);
  const { state, signer } = world.place('alice');
  const own = walletOf({ get: (key) => state.get(key) }, world.network, signer.publicKey);
  assert.equal(own.balances[0]?.balance, left);
}

for (const course of Object.keys(ENDINGS) as Course[]) {
  describe(`a withdrawal that is ${course}`, { concurrency: 1 }, () => {
    const isRace = ENDINGS[course].gateways.length > 1;
    for (const [role, who, fewest] of MORTALS) {
      if (isRace && role !== 'gateway') continue;
      for (const death of DEATHS) {
        it(`ends once, whose ${role} is killed ${death} any one of its commits`, async (t) => {
          const { commits } = await play(course, who, undefined, 0, '');
          assert.ok(commits.length >= fewest && commits.length < MOST_COMMITS, commits.join('\n'));
          for (let at = 0; at < commits.length; at++) {
            const folder = mkdtempSync(join(tmpdir(), 'meshpay-killed-'));
            try {
              const { died } = await play(course, who, death, at, folder);
              assert.ok(died, 'it lives as it did, until it dies');
            } catch (error) {
              throw new Error(`commit ${at} (${commits[at]}): ${error}`, { cause: error });
            } finally {
              rmSync(folder, { recursive: true, force: true });
            }
          }
          t.diagnostic(`${commits.length} deaths`);
        });
      }
    }
  });
}
