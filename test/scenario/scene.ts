/**
 * What a scenario plays in: a small world (test/support/world.ts), the cashbook behind its
 * gateways, those who may come into the committee later, and the words for all of it.
 */
import type { MemberIndex } from '../../agent/core/base/units.ts';
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import { numbered } from '../../agent/core/epochs/change.ts';
import type { Step } from '../../agent/core/io.ts';
import { isDurable } from '../../agent/core/spaces.ts';
import { OuterLedger } from '../support/outer-ledger.ts';
import { World, type WorldOptions } from '../support/world.ts';
import { type Taken, Telling } from './telling.ts';
import { Words } from './words.ts';

interface SceneOptions extends Omit<WorldOptions, 'heartbeats'> {
  readonly relays: readonly string[];
  readonly newcomers: readonly string[];
  readonly heartbeats: 'yes' | 'no' | 'untold';
}

export class Scene {
  readonly world: World;
  readonly words: Words;
  readonly telling: Telling;
  readonly ledger: OuterLedger;
  /** Is given every step that is to be told. */
  onTaken: (taken: Taken) => void = () => {};

  constructor({ newcomers, heartbeats, relays, ...options }: SceneOptions) {
    this.world = new World({
      ...options,
      relays: [...relays, ...newcomers],
      heartbeats: heartbeats !== 'no',
    });
    const founders = this.world.authorities.length;
    for (const [i, name] of newcomers.entries()) this.#seat(name, (founders + i) as MemberIndex);
    this.words = new Words(this.world);
    this.telling = new Telling(this.world, this.words);
    this.world.onStep = (place, event, step) => {
      const taken = { place, event, step };
      const told = heartbeats === 'untold' ? withoutHeartbeats(taken) : taken;
      if (told !== undefined) this.onTaken(told);
    };
    this.ledger = new OuterLedger(this.world);
  }

  /** The operator of this member wants that these come next. */
  approve(by: string, names: readonly string[]): void {
    const place = this.world.place(by);
    const seats = names.map((name) => ({ name, key: this.world.place(name).signer.publicKey }));
    const command = { kind: 'approve', members: numbered(place.state, seats) } as const;
    this.world.event(place, { kind: 'command', command });
  }

  /** A member's setup, for who has no seat yet. */
  #seat(name: string, member: MemberIndex): void {
    const place = this.world.place(name);
    place.setup = { ...place.setup, authority: { member, sign: place.signer.sign } };
    place.state = new Map();
    this.world.restart(name);
  }
}

/** A step without what it does for heartbeats alone; undefined: nothing is left of it. */
function withoutHeartbeats({ place, event, step }: Taken): Taken | undefined {
  const sends = step.sends.filter(({ bytes }) => !isHeartbeat(bytes));
  const rest: Step = { ...step, sends };
  const isForThem = event.kind === 'tick' || (event.kind === 'frame' && isHeartbeat(event.bytes));
  const isEmpty =
    sends.length + step.asks.length + step.closes.length + step.notices.length === 0 &&
    !step.writes.some(({ key }) => isDurable(key));
  return isForThem && isEmpty ? undefined : { place, event, step: rest };
}

function isHeartbeat(bytes: Uint8Array): boolean {
  return decodeOwn(frameCoder, bytes).message.TAG === 'heartbeat';
}
