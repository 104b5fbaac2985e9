/**
 * A part for tests that asks the outside one thing: told to (`query`), it keeps on disk that it
 * waits, and asks; a new process that still waits asks again; the answer ends it. It borrows the
 * command of an authority and a record of a wallet, and is for a relay, which has neither.
 */

import type { Sequence } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { u64 } from '../../agent/core/codec/numbers.ts';
import type { Draft } from '../../agent/core/draft.ts';
import type { Ask } from '../../agent/core/io.ts';
import { part } from '../../agent/core/part.ts';
import { SPACES } from '../../agent/core/spaces.ts';

/** Where it keeps how it stands. */
export const ASKED = SPACES.paidAt.at(0n as Sequence);
export const WAITS = 1n;
export const KNOWS = 2n;

export const QUESTION: Ask = {
  kind: 'weather',
  key: encode(u64, 7n),
  body: Uint8Array.of(1, 2, 3),
};

function askIfWaiting(draft: Draft): void {
  if (draft.read(ASKED) === WAITS) draft.ask(QUESTION);
}

export const askingPart = part({
  name: 'asking',
  roles: ['relay'],
  spaces: ['paidAt'],
  start: askIfWaiting,
  commands: {
    query: (draft) => {
      draft.write(ASKED, WAITS);
      askIfWaiting(draft);
      return undefined;
    },
  },
  told: {
    weather: (draft) => {
      if (draft.read(ASKED) === WAITS) draft.write(ASKED, KNOWS);
    },
  },
});
