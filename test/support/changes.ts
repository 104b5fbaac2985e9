/**
 * A small world whose committee is changed: auth-0 to auth-3 found it, and elm and oak, which have
 * members' setups and no seat, may come in. The operators are the test.
 */
import type { Refusal } from '../../agent/core/base/refusal.ts';
import type { Epoch, MemberIndex } from '../../agent/core/base/units.ts';
import { numbered } from '../../agent/core/epochs/change.ts';
import type { Member } from '../../agent/core/network/committee.ts';
import { currentCommittee } from '../../agent/core/network/committees.ts';
import { World, type WorldOptions } from './world.ts';

/** Their numbers, if they come in in this order. */
const NEWCOMERS = ['elm', 'oak'];

export class Changes extends World {
  constructor(options: Omit<WorldOptions, 'relays'> = {}) {
    super({ ...options, relays: NEWCOMERS });
    const founders = this.network.committee.members.length;
    for (const [at, name] of NEWCOMERS.entries()) {
      const place = this.place(name);
      const authority = { member: (founders + at) as MemberIndex, sign: place.signer.sign };
      place.setup = { ...place.setup, authority };
      place.state = new Map();
      this.restart(name);
    }
    this.connectAll();
  }

  /** The committee of these places, as it would be numbered. */
  committeeOf(names: readonly string[], at = 'auth-0'): readonly Member[] {
    const seats = names.map((name) => ({ name, key: this.place(name).signer.publicKey }));
    return numbered(this.place(at).state, seats);
  }

  /** The operators of these members approve a committee; what the last one is told. */
  approve(by: readonly string[], members: readonly Member[]): Refusal | undefined {
    let refused: Refusal | undefined;
    for (const name of by) {
      const command = { kind: 'approve', members } as const;
      const { notices } = this.event(this.place(name), { kind: 'command', command });
      const notice = notices.find(({ kind }) => kind === 'command_refused');
      refused = notice?.kind === 'command_refused' ? notice.refusal : undefined;
      this.run();
    }
    return refused;
  }

  epochAt(name: string): Epoch {
    return currentCommittee(this.place(name).state).epoch;
  }

  /** The epochs at these places. */
  epochs(names: Iterable<string> = this.places.keys()): number[] {
    return [...names].map((name) => this.epochAt(name));
  }
}
