/**
 * A small world whose authorities agree on whatever a test says: each member has its wishes, its
 * opinion of values, and what it was told that was decided.
 */

import { agreementOn } from '../../agent/core/agreement/agreement.ts';
import { beginAgreement } from '../../agent/core/agreement/open.ts';
import type { Opinion, SubjectTable } from '../../agent/core/agreement/rules.ts';
import { SUBJECTS } from '../../agent/core/agreement/subjects.ts';
import { toHex } from '../../agent/core/base/bytes.ts';
import type { MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import type { Decision, Subject } from '../../agent/core/codec/agreement.ts';
import { Draft } from '../../agent/core/draft.ts';
import type { Part } from '../../agent/core/part.ts';
import { PARTS } from '../../agent/core/parts.ts';
import { isAuthority } from '../../agent/core/setup.ts';
import { signerOf } from './keys.ts';
import { World, type WorldOptions } from './world.ts';

export const [A, B] = [Uint8Array.of(1), Uint8Array.of(2)] as [Uint8Array, Uint8Array];

/** The nth subject that may be decided. */
export function subjectNumber(n: number): Subject {
  const account = signerOf('alice').publicKey;
  return { TAG: 'outcome', data: { account, sequence: BigInt(n) as Sequence } };
}

/** What one member has in mind. */
export class Mind {
  wish: Uint8Array | undefined;
  knows = true;
  judge: (value: Uint8Array) => Opinion = () => 'valid';
  readonly decided: Decision[] = [];
}

export class Debates extends World {
  readonly #minds: readonly Mind[];

  constructor(authorities: number, options: Omit<WorldOptions, 'authorities' | 'parts'> = {}) {
    const minds = Array.from({ length: authorities }, () => new Mind());
    const of = (member: MemberIndex): Mind => minds[member] ?? new Mind();
    const table: SubjectTable = {
      outcome: {
        mayBegin: (_draft, { authority }) => of(authority.member).knows,
        propose: (_draft, { authority }) => of(authority.member).wish,
        judge: (_draft, { authority }, _subject, value) => of(authority.member).judge(value),
        decided: (_draft, { authority }, _subject, decision) => {
          of(authority.member).decided.push(decision);
        },
      },
      epoch: SUBJECTS.epoch,
      closing: SUBJECTS.closing,
    };
    const agreement: Part = agreementOn(table);
    const parts = PARTS.map((part): Part => (part.name === 'agreement' ? agreement : part));
    super({ ...options, authorities, parts });
    this.#minds = minds;
    this.connectAll();
    // They vouch for each other first.
    this.pass(1_000);
  }

  mind(member: number): Mind {
    const mind = this.#minds[member];
    if (mind === undefined) throw new Error(`there is no member ${member}`);
    return mind;
  }

  /** A member wants this value decided about the nth subject. */
  wish(member: number, value: Uint8Array, n = 0): void {
    this.mind(member).wish = value;
    this.begin(member, n);
  }

  /** A member begins the debate of the nth subject, or is to look at it again. */
  begin(member: number, n = 0): void {
    const place = this.place(`auth-${member}`);
    const { state, setup } = place;
    if (!isAuthority(setup)) throw new Error(`${place.name} is no authority`);
    const stamp = { nowMs: this.nowMs, wallMs: this.nowMs };
    const draft = new Draft({ get: (key) => state.get(key) }, stamp);
    beginAgreement(draft, setup, subjectNumber(n));
    for (const { key, value } of draft.finish(undefined).writes) {
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    }
    this.event(place, { kind: 'tick' });
  }

  /** What this member was told, as hexadecimal: one value for each time. */
  decidedBy(member: number): readonly string[] {
    return this.mind(member).decided.map(({ value }) => toHex(value));
  }
}
