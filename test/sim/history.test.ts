/** The last events of each node, as whoever reads a failed run sees them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { LinkId } from '../../agent/core/base/units.ts';
import type { Event, Step } from '../../agent/core/io.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import type { FaultKind } from './fault-kinds.ts';
import { History } from './history.ts';
import { planOf } from './plan.ts';
import type { Process } from './process.ts';
import { runPlan } from './run.ts';
import type { World } from './world.ts';

const IDLE: Step = {
  writes: [],
  sends: [],
  asks: [],
  closes: [],
  notices: [],
  wakeAtMs: undefined,
};
const NOTHING = Uint8Array.of(0xff, 0xff);

/** What a history says of one event at a node whose links 0 to 19 lead to wallet-0 to wallet-19. */
function lineOf(event: Event, step: Partial<Step> = {}): string {
  const process = { name: 'member-0', index: 0 } as Process;
  const peerOf = (link: LinkId) => (link < 20n ? { name: `wallet-${link}` } : undefined);
  const world = { all: [process], agenda: { nowMs: 1_500 }, network: { peerOf } };
  const history = new History(world as unknown as World, 3);
  history.stepped(process, event, { ...IDLE, ...step });
  const [name, line = ''] = history.words();
  assert.equal(name, 'member-0:');
  return line;
}

function linksTo(count: number): LinkId[] {
  return Array.from({ length: count }, (_, i) => BigInt(i) as LinkId);
}

/** What is told of a run that a fault of no kind ends, all of its events. */
function storyOf(profile: string, seed = 5): string {
  const plan = planOf(seed, profile);
  const nonsense = { name: 'nonsense.0', kind: 'nonsense' as FaultKind, atMs: 10_000, forMs: 1 };
  const faults = [...plan.faults, { ...nonsense, victims: [], dice: [0, 0, 0] as const }];
  const { failure } = runPlan({ ...plan, faults }, {}, 100_000);
  assert.equal(failure?.checker, 'exceptions');
  return failure.history.join('\n');
}

test('a failed run tells by name who sent what to whom, and what was written', () => {
  const story = storyOf('calm');
  const voted =
    /gets order for 0 from wallet-\d: writes account, .*; sends .*vote of 0 to wallet-\d/;
  assert.match(story, voted);
  assert.match(story, /gets gossip from member-\d/);
  assert.doesNotMatch(story, /stranger/);
});

test('the node at the end of a link that has gone down is named as well', () => {
  const story = storyOf('network', 6);
  assert.match(story, / the link to member-\d is down/);
  assert.doesNotMatch(story, /the link to a stranger is/);
});

test('links come up and go down to somebody; whom no node of the run knows is a stranger', () => {
  const up = { kind: 'link_up', peerKey: undefined, wanted: true } as const;
  assert.equal(lineOf({ ...up, link: 3n as LinkId }), '  1.500 s  the link to wallet-3 is up');
  assert.equal(
    lineOf({ kind: 'link_down', link: 20n as LinkId }),
    '  1.500 s  the link to a stranger is down',
  );
  assert.equal(
    lineOf({ kind: 'tick' }, { closes: [{ link: 7n as LinkId, reason: 'too slow' }] }),
    '  1.500 s  tick: closes the link to wallet-7 (too slow)',
  );
});

test('whoever is sent the same is named together, and of many only the first are', () => {
  const sends = [0n, 1n, 2n, 0n, 1n].map((link) => ({ link: link as LinkId, bytes: NOTHING }));
  assert.equal(
    lineOf({ kind: 'tick' }, { sends }),
    '  1.500 s  tick: sends 2 times 2 bytes of nothing to wallet-0, wallet-1, ' +
      '2 bytes of nothing to wallet-2',
  );
  const many = linksTo(20).map((link) => ({ link, bytes: NOTHING }));
  assert.match(lineOf({ kind: 'tick' }, { sends: many }), / to wallet-0, .*wallet-7 and 12 more$/);
});

test('a space is named once, by what became of its keys', () => {
  const key = (space: keyof typeof SPACES, rest: string) =>
    `${SPACES[space].prefix}${rest}` as ByteKey;
  const writes = [
    { key: key('account', '1'), value: NOTHING },
    { key: key('account', '2'), value: NOTHING },
    { key: key('liveOrder', ''), value: undefined },
    { key: '?' as ByteKey, value: NOTHING },
  ];
  assert.equal(
    lineOf({ kind: 'tick' }, { writes }),
    '  1.500 s  tick: writes account, a key of no space; removes liveOrder',
  );
});
