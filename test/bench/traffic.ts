/**
 * Messages and bytes that a committee needs to decide something, counted in the protocol's own
 * frames as they leave their senders, by the core's clock: the same on every machine. What goes on
 * all the time (heartbeats, comparing of ledgers that are equal) is not counted.
 */
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Tag } from '../../agent/core/codec/message.ts';
import { Changes } from '../support/changes.ts';
import { OuterLedger } from '../support/outer-ledger.ts';
import { World } from '../support/world.ts';

export interface Traffic {
  readonly frames: number;
  readonly bytes: number;
  /** The kinds of messages that are the most, and how many of each. */
  readonly note: string;
}

const ALL_THE_TIME: ReadonlySet<Tag> = new Set([
  'heartbeat',
  'root',
  'factCount',
  'proofCount',
] satisfies Tag[]);

/** What is sent while something goes on. */
function counted(world: World, act: () => void): Traffic {
  let bytes = 0;
  const kinds = new Map<Tag, number>();
  const before = world.onStep;
  world.onStep = (place, event, step) => {
    before(place, event, step);
    for (const send of step.sends) {
      const { TAG } = decodeOwn(frameCoder, send.bytes).message;
      if (ALL_THE_TIME.has(TAG)) continue;
      bytes += send.bytes.length;
      kinds.set(TAG, (kinds.get(TAG) ?? 0) + 1);
    }
  };
  act();
  world.onStep = before;
  const most = [...kinds].sort(([, one], [, other]) => other - one);
  const frames = most.reduce((sum, [, count]) => sum + count, 0);
  const note = most.map(([kind, count]) => `${count} ${kind}`).slice(0, 5);
  return { frames, bytes, note: note.join(', ') };
}

function begin(authorities: number): World {
  const world = new World({ authorities, gateways: ['auth-0'], heartbeats: true });
  new OuterLedger(world);
  world.connectAll();
  world.pass(10_000);
  return world;
}

/** From the question of a wallet until the certificate is everywhere. */
export function withdrawalTraffic(authorities: number): Traffic {
  const world = begin(authorities);
  return counted(world, () => {
    world.withdraw('alice', 10n);
    world.run();
  });
}

/** From the certificate until the decision to settle is everywhere. */
export function outcomeTraffic(authorities: number): Traffic {
  const world = begin(authorities);
  world.withdraw('alice', 10n);
  world.run();
  return counted(world, () => world.pass(900));
}

/** An order that nobody may vote for is given up; one of four is dead. */
export function closingTraffic(): Traffic {
  const world = begin(4);
  world.crash('auth-3');
  world.pay('alice', 'bob', 5_000n);
  world.run();
  return counted(world, () => {
    world.event(world.place('alice'), { kind: 'command', command: { kind: 'close', by: 'wish' } });
    world.pass(900);
  });
}

/** A seat of four goes to another node; a fifth one follows. */
export function epochTraffic(): Traffic {
  const world = new Changes({ heartbeats: true });
  world.pass(10_000);
  const next = world.committeeOf(['auth-0', 'auth-1', 'auth-2', 'elm']);
  return counted(world, () => {
    world.approve(['auth-0', 'auth-1', 'auth-2'], next);
    world.pass(900);
  });
}
