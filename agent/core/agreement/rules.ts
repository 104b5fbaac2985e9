/**
 * What agreement has to know of a kind of subject: a row of the table in subjects.ts. The rules of
 * a kind say which values make sense; that there is only one decision is not their matter.
 */

import { equalBytes } from '../base/bytes.ts';
import type { Decision, Subject } from '../codec/agreement.ts';
import type { Draft } from '../draft.ts';
import { carriedValue } from '../epochs/carried.ts';
import type { AuthoritySetup } from '../setup.ts';

export type SubjectKind = Subject['TAG'];
type DataOfSubject<K extends SubjectKind> = Extract<Subject, { readonly TAG: K }>['data'];

/**
 * What a member thinks of a value. Only the first two lead to a prevote for it. `doubted`: it may
 * be decided, though this member would not propose it now; in the first f + 1 rounds, of which one
 * has an honest proposer, it gets no prevote. `unknown`: this member cannot tell yet, and looks
 * again when it is woken (open.ts). What is `invalid` once is so for good.
 */
export type Opinion = 'valid' | 'doubted' | 'unknown' | 'invalid';

export interface SubjectRules<K extends SubjectKind> {
  /**
   * Whether this member knows enough of the subject to take part. For what it does not know, and
   * for what was decided long ago, nothing is kept. Of what was carried over it always does.
   */
  readonly mayBegin: (draft: Draft, setup: AuthoritySetup, subject: DataOfSubject<K>) => boolean;
  /** What this member would have decided now, if anything. */
  readonly propose: (
    draft: Draft,
    setup: AuthoritySetup,
    subject: DataOfSubject<K>,
  ) => Uint8Array | undefined;
  /**
   * Two honest members with the same certified facts never find a value `valid` here and `invalid`
   * there.
   */
  readonly judge: (
    draft: Draft,
    setup: AuthoritySetup,
    subject: DataOfSubject<K>,
    value: Uint8Array,
  ) => Opinion;
  /** The decision came, and was checked: carries it out. Comes once for each subject. */
  readonly decided: (
    draft: Draft,
    setup: AuthoritySetup,
    subject: DataOfSubject<K>,
    decision: Decision,
  ) => void;
}

export type SubjectTable = { readonly [K in SubjectKind]: SubjectRules<K> };

/** The rules of one subject, whatever its kind. */
export interface RulesOfOne {
  readonly mayBegin: boolean;
  readonly propose: () => Uint8Array | undefined;
  readonly judge: (value: Uint8Array) => Opinion;
  readonly decided: (decision: Decision) => void;
}

export function rulesFor(
  draft: Draft,
  setup: AuthoritySetup,
  table: SubjectTable,
  subject: Subject,
): RulesOfOne {
  const { TAG, data } = subject;
  // Each row takes the subjects of its own kind.
  const rules = table[TAG] as SubjectRules<SubjectKind>;
  return {
    get mayBegin() {
      return carriedValue(draft, subject) !== undefined || rules.mayBegin(draft, setup, data);
    },
    propose: () => carriedValue(draft, subject) ?? rules.propose(draft, setup, data),
    judge: (value) => {
      const carried = carriedValue(draft, subject);
      if (carried === undefined) return rules.judge(draft, setup, data, value);
      return equalBytes(carried, value) ? 'valid' : 'invalid';
    },
    decided: (decision) => rules.decided(draft, setup, data, decision),
  };
}
