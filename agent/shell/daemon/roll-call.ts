/** What members answered that were asked whether they are there; for nodes without heartbeats. */
import type { MemberIndex } from '../../core/base/units.ts';

export class RollCall {
  readonly #answers = new Map<MemberIndex, { readonly votes: boolean; readonly atMs: number }>();
  /** When it was asked last, as `nowMs`. */
  askedMs: number | undefined;

  answered(member: MemberIndex, votes: boolean, nowMs: number): void {
    this.#answers.set(member, { votes, atMs: nowMs });
  }

  of(member: MemberIndex): { readonly votes: boolean; readonly atMs: number } | undefined {
    return this.#answers.get(member);
  }
}
