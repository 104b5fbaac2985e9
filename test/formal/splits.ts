/**
 * Closing in small committees, as far as its promises depend on numbers alone: every split of the
 * votes of honest members, whoever of them answers, and whatever the hostile ones say, in two
 * turns. Members with one vote are alike, so numbers of them are enough.
 */
import { isPossible } from '../../agent/core/closing/possible.ts';
import { leavesFewer } from '../../agent/core/closing/result.ts';
import { faultsTolerated, quorumOf } from '../../agent/core/network/committee.ts';

/** Two orders that the account may give, and one that it may not. */
export const SOUND = [0, 1];
export const ORDERS = [...SOUND, 2];

/** The rules of closing, each of which may be made weaker; numbers of members, orders as bytes. */
export interface ClosingRules {
  readonly isPossible: (said: number, answered: number, members: number) => boolean;
  readonly mayFollow: (before: readonly number[], after: readonly number[]) => boolean;
  /** Whether members vote on after they stated. */
  readonly voteOn: boolean;
}

const asBytes = (orders: readonly number[]) => orders.map((order) => Uint8Array.of(order));

export const RULES: ClosingRules = {
  isPossible,
  mayFollow: (before, after) => leavesFewer(asBytes(before), asBytes(after)),
  voteOn: false,
};

/** Promises of Closing.tla that are broken, and the cases that were looked at. */
export interface Findings {
  readonly broken: Set<string>;
  cases: number;
}

/** All lists of `kinds` numbers whose sum is at most `most`. */
export function* upTo(most: number, kinds: number): Generator<readonly number[]> {
  if (kinds === 0) return yield [];
  for (let first = 0; first <= most; first++) {
    for (const others of upTo(most - first, kinds - 1)) yield [first, ...others];
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/** Searches a committee with so many hostile members. */
export function search(
  members: number,
  rules: ClosingRules = RULES,
  hostile = faultsTolerated(members),
): Findings {
  const findings = { broken: new Set<string>(), cases: 0 };
  for (const split of upTo(members - hostile, SOUND.length)) {
    const answers = answersOf(members, hostile, split, rules);
    const first = [...answers.values()].filter((left) =>
      left.every((each) => SOUND.includes(each)),
    );
    const certified = certifiedOf(members, hostile, split, rules);
    for (const left of first) {
      judge(findings, certified, left);
      if (left.length < 2) continue;
      for (const later of answers.values()) {
        if (!rules.mayFollow(left, later)) continue;
        judge(findings, certified, later);
        if (!later.every((each) => left.includes(each))) {
          findings.broken.add('LaterTurnsLeaveFewer');
        }
      }
    }
  }
  return findings;
}

/** The sets of possible orders that statements of at least a quorum can leave, each once. */
function answersOf(
  members: number,
  hostile: number,
  split: readonly number[],
  rules: ClosingRules,
): ReadonlyMap<string, readonly number[]> {
  const answers = new Map<string, readonly number[]>();
  const idle = members - hostile - sumOf(split);
  for (const heard of upTo(members - hostile, SOUND.length + 1)) {
    if (!heard.every((number, kind) => number <= (split[kind] ?? idle))) continue;
    for (const lies of upTo(hostile, ORDERS.length + 1)) {
      const answered = sumOf(heard) + sumOf(lies);
      if (answered < quorumOf(members)) continue;
      const possible = ORDERS.filter((order) => {
        const honest = SOUND.includes(order) ? (heard[order] ?? 0) : 0;
        const said = honest + (lies[order] ?? 0);
        return said > 0 && rules.isPossible(said, answered, members);
      });
      answers.set(possible.join(), possible);
    }
  }
  return answers;
}

/** The orders that have a certificate, or will: of the votes before the statements, and after. */
function certifiedOf(
  members: number,
  hostile: number,
  split: readonly number[],
  { voteOn }: ClosingRules,
): readonly number[] {
  const idle = members - hostile - sumOf(split);
  return SOUND.filter((order) => {
    const votes = (split[order] ?? 0) + hostile + (voteOn ? idle : 0);
    return votes >= quorumOf(members);
  });
}

function judge(findings: Findings, certified: readonly number[], left: readonly number[]): void {
  findings.cases++;
  const [winner, other] = left;
  const isWin = winner !== undefined && other === undefined;
  const all = new Set([...certified, ...(isWin ? [winner] : [])]);
  if (all.size > 1) findings.broken.add('OneCertificate');
  if (!certified.every((order) => left.includes(order))) {
    findings.broken.add('CertificateIsPossible');
  }
  if (!left.every((order) => SOUND.includes(order))) findings.broken.add('DecidedIsSound');
}
