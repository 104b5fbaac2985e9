/**
 * The partition table: real authorities in network namespaces, cut into groups, or one way only.
 * For each cut: what every member says of its connection; on which side a payment is certified, and
 * a withdrawal, and whether it is paid out while the cut lasts; that a side without a quorum keeps
 * nothing of what it refused. Healed, every side withdraws; how long it takes until all ledgers are
 * equal, and that no money is lost. The table is printed; no figure is asserted.
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { quorumOf } from '../../agent/core/network/committee.ts';
import { whyNoLoss } from '../support/lossy-mesh.ts';
import { until } from '../support/wait.ts';
import {
  type Cut,
  CutCommittee,
  GATEWAY,
  HOPELESS_SECONDS,
  PATIENCE_SECONDS,
} from './cut-committee.ts';

interface Row {
  readonly name: string;
  /** Whoever can talk both ways. */
  readonly groups: readonly (readonly number[])[];
  readonly cut: Cut;
}

/** Groups that hear nothing of each other. */
function apart(...groups: readonly (readonly number[])[]): Row {
  const name = groups.map(({ length }) => length).join(' | ');
  const all = groups.flat();
  const cut: Cut = (host) => {
    const own = groups.find((group) => group.includes(host)) ?? [];
    return all.filter((other) => !own.includes(other));
  };
  return { name, groups, cut };
}

const FOUR: readonly Row[] = [
  apart([0, 1, 2], [3]),
  { ...apart([1, 2, 3], [0]), name: '3 | 1, which is the gateway' },
  apart([0, 1], [2, 3]),
  apart([0], [1], [2, 3]),
  {
    name: '3 | 1, which hears nobody and is heard',
    groups: [[0, 1, 2], [3]],
    cut: (host) => (host === 3 ? [0, 1, 2] : []),
  },
  {
    name: '3 | 1, which hears all and is heard by nobody',
    groups: [[0, 1, 2], [3]],
    cut: (host) => (host === 3 ? [] : [3]),
  },
];
const SEVEN: readonly Row[] = [apart([0, 1, 2, 3, 4], [5, 6]), apart([0, 1, 2, 3], [4, 5, 6])];

/** Plays one row of the table, and returns it as a line. */
async function play(committee: CutCommittee, { name, groups, cut }: Row): Promise<string> {
  const quorum = quorumOf(committee.size);
  const hasQuorum = (group: readonly number[]) => group.length >= quorum;
  const due = Array.from({ length: committee.size }, (_, host) => {
    const own = groups.find((group) => group.includes(host)) ?? [];
    return hasQuorum(own) ? 'PARTIAL_CONNECTIVITY' : 'PARTITIONED';
  });
  const cutMs = performance.now();
  committee.cut(cut);
  const areDue = async () => `${await committee.statuses()}` === `${due}`;
  await until(areDue, `${name}: ${due}`);
  const noticedMs = performance.now() - cutMs;
  const sides = await playApart(committee, groups, hasQuorum);
  const healedMs = performance.now();
  committee.cut(() => []);
  await committee.untilEqual();
  const equalMs = performance.now() - healedMs;
  await committee.untilConnected();
  await playTogether(committee, groups);
  const lines = groups.map((group, i) => `{${group}} ${due[group[0] ?? 0]}, ${sides[i]}`);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const times = `noticed after ${seconds(noticedMs)}, equal ${seconds(equalMs)} after healing`;
  return `${committee.size}: ${name}: ${lines.join('; ')}; ${times}`;
}

/** What each side can do, in words. */
async function playApart(
  committee: CutCommittee,
  groups: Row['groups'],
  hasQuorum: (group: readonly number[]) => boolean,
): Promise<readonly string[]> {
  const able = groups.map(hasQuorum);
  const all = (act: (host: number, patience: number) => Promise<boolean>) =>
    Promise.all(
      groups.map((group, i) => act(group[0] ?? 0, able[i] ? PATIENCE_SECONDS : HOPELESS_SECONDS)),
    );
  const [paid, withdrawn] = await Promise.all([
    all((host, patience) => committee.pays(host, patience)),
    all((host, patience) => committee.withdraws(host, patience)),
  ]);
  assert.deepEqual(paid, able, 'who can pay');
  assert.deepEqual(withdrawn, able, 'who can withdraw');
  const said: string[] = [];
  for (const [i, group] of groups.entries()) {
    if (!able[i]) {
      for (const member of group) await committee.checkKeptNothing(group[0] ?? 0, member);
      said.push('cannot pay or withdraw');
    } else if (group.includes(GATEWAY)) {
      await committee.payOut(1);
      said.push('pays, withdraws, is paid out');
    } else {
      assert.equal(await committee.payoutCount(), 0, 'a gateway alone is asked for nothing');
      said.push('pays, withdraws, is paid out after healing');
    }
  }
  return said;
}

/** Every side withdraws, whatever it could do before, and all is paid out: nothing is lost. */
async function playTogether(committee: CutCommittee, groups: Row['groups']): Promise<void> {
  const quorum = quorumOf(committee.size);
  const isLeft = (group: readonly number[]) => group.length >= quorum && !group.includes(GATEWAY);
  const hosts = groups.map(([host = 0]) => host);
  const done = await Promise.all(hosts.map((host) => committee.withdraws(host, PATIENCE_SECONDS)));
  assert.ok(done.every((each) => each));
  await committee.payOut(groups.filter(isLeft).length + hosts.length);
  await committee.checkBalances();
  await committee.untilEqual();
}

const reason = whyNoLoss();

for (const [size, rows] of [
  [4, FOUR],
  [7, SEVEN],
] as const) {
  describe(`a committee of ${size} that is cut`, { skip: reason ?? false }, () => {
    let committee: CutCommittee;

    before(async () => {
      committee = await CutCommittee.start(size);
    });

    after(() => committee?.close());

    for (const row of rows) {
      it(`into ${row.name} pays and withdraws where a quorum is, and loses nothing`, async (context) => {
        context.diagnostic(await play(committee, row));
      });
    }
  });
}

if (reason !== undefined) process.stdout.write(`# not here: ${reason}\n`);
