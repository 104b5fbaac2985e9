/**
 * Whether payments can be made, in words: members that answer and vote are counted, never links.
 */

export interface VoterCount {
  readonly members: number;
  /** Members that answer, this node included if it is one. */
  readonly heard: number;
  /** Those of them that vote. */
  readonly voters: number;
  readonly quorum: number;
}

export type Outlook = 'all' | 'some' | 'none';

/** `all` members vote, `some` do and are a quorum, or `none` can be had. */
export function outlookOf({ members, voters, quorum }: VoterCount): Outlook {
  if (voters < quorum) return 'none';
  return voters < members ? 'some' : 'all';
}

/** "3 of 4 answer, 2 vote, a quorum is 3". */
function countText({ members, heard, voters, quorum }: VoterCount): string {
  const answer = heard === 1 ? 'answers' : 'answer';
  const vote = voters === 1 ? 'votes' : 'vote';
  return `${heard} of ${members} ${answer}, ${voters} ${vote}, a quorum is ${quorum}`;
}

/** The same, and what it means. */
export function outlookText(count: VoterCount): string {
  return `${countText(count)}: ${meaningOf(count)}`;
}

function meaningOf(count: VoterCount): string {
  const outlook = outlookOf(count);
  if (outlook === 'none') return 'no payment can be made';
  if (outlook === 'all') return 'payments can be made';
  const spare = count.voters - count.quorum;
  const more = spare === 0 ? 'one more' : `${spare + 1} more`;
  return `payments can be made; ${more} and payments stop`;
}
