/**
 * Another committee judges: votes of a former epoch make no certificate any more, so the live order
 * is asked for again, and what this wallet keeps in memory of members that are gone, goes. How much
 * of a member's income was taken in stays on disk, under its number.
 */
import type { Draft } from '../draft.ts';
import { currentCommittee } from '../network/committees.ts';
import type { Turnover } from '../part.ts';
import { SPACES } from '../spaces.ts';
import { attemptsOf, writeAttempts } from './attempts.ts';
import { readLiveOrder } from './holdings.ts';
import { pursue } from './pursue.ts';

/** The votes for the live order are those of the current epoch, or none yet. */
export function countVotesAnew(draft: Draft): void {
  const live = readLiveOrder(draft);
  const { epoch } = currentCommittee(draft);
  if (live === undefined || live.epoch === epoch) return;
  draft.write(SPACES.liveOrder, { ...live, epoch, votes: [] });
}

/** The committee changed while this process lives. */
export function turnOver(draft: Draft, { sits, gone }: Turnover): void {
  for (const member of gone) {
    draft.remove(SPACES.word.at(member));
    draft.remove(SPACES.told.at(member));
    draft.remove(SPACES.incomingPage.at(member));
  }
  const { shown, shownNow, fed, unspread } = attemptsOf(draft);
  writeAttempts(draft, {
    shown: shown.filter(({ member }) => sits(member)),
    shownNow: shownNow.filter(sits),
    fed: fed.filter(({ member }) => sits(member)),
    unspread: unspread.filter(sits),
  });
  countVotesAnew(draft);
  pursue(draft);
}
