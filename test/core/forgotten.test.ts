/**
 * A message, a notice, a timer, a command, a record or a part that is forgotten in one place breaks
 * the build: each is tried, and the compiler has to name the places.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type Change, Sources } from '../support/compile.ts';

const MESSAGE = 'agent/core/codec/message.ts';
const TIMER = 'agent/core/codec/timer.ts';
const SPACES = 'agent/core/spaces.ts';
const PARTS = 'agent/core/parts.ts';
const CATCH_UP = 'agent/core/authority/catchup.ts';
const WAYS = 'agent/core/mesh/ways.ts';

/** Puts a line behind the one that begins a list. */
function behind(file: string, find: string, line: string): Change {
  return { file, find, replace: `${find}\n${line}` };
}

const MESSAGE_ROW = behind(
  MESSAGE,
  'export const MESSAGES = {',
  'another: { wire: 99, coder: hashCoder, ...AMONG_AUTHORITIES },',
);
const TAKEN = behind(CATCH_UP, 'takes: {', 'another: () => undefined,');
const TIMER_ROW = behind(TIMER, 'export const TIMERS = {', "another: { part: 'ways', due: '' },");

interface Case {
  readonly what: string;
  readonly changes: readonly Change[];
  /** Files with errors. */
  readonly places: readonly string[];
}

const IN_THE_CORE: readonly Case[] = [
  { what: 'the core as it is', changes: [], places: [] },
  { what: 'a message that no part takes', changes: [MESSAGE_ROW], places: [PARTS] },
  { what: 'a message that a part takes', changes: [MESSAGE_ROW, TAKEN], places: [] },
  {
    what: 'a message that two parts of a node take',
    changes: [
      behind('agent/core/authority/queries.ts', 'takes: {', 'certificatesQuery: () => undefined,'),
    ],
    places: [PARTS],
  },
  {
    what: 'a message that the role of its part does not hear',
    changes: [behind(CATCH_UP, 'takes: {', 'vote: () => undefined,')],
    places: [CATCH_UP],
  },
  {
    what: 'a message that is taken for what another carries',
    changes: [{ file: CATCH_UP, find: 'proofs: takeProofs,', replace: 'proofs: takeProofCount,' }],
    places: [CATCH_UP],
  },
  {
    what: 'a message that is believed for its link and carried all the same',
    changes: [
      behind(
        MESSAGE,
        'export const MESSAGES = {',
        "another: { wire: 99, coder: hashCoder, heard: { authority: 'own' }, travels: 'out' },",
      ),
      TAKEN,
    ],
    places: [MESSAGE],
  },
  {
    what: 'a message that is signed, of no kind of statement',
    changes: [
      behind(
        MESSAGE,
        'export const MESSAGES = {',
        "another: { wire: 99, coder: hashCoder, ...OF_A_LEDGER('signed') },",
      ),
      TAKEN,
      behind('agent/core/mesh/no-ledger.ts', 'spaces: [],', 'afterMessage: () => undefined,'),
    ],
    places: [MESSAGE, PARTS],
  },
  { what: 'a timer that its part knows nothing of', changes: [TIMER_ROW], places: [WAYS] },
  {
    what: 'a timer that its part knows',
    changes: [TIMER_ROW, behind(WAYS, "name: 'ways',", 'due: { another: () => undefined },')],
    places: [],
  },
  {
    what: 'a timer of a part that there is not',
    changes: [behind(TIMER, 'export const TIMERS = {', "another: { part: 'nobody', due: '' },")],
    places: [PARTS],
  },
  {
    what: "another part's timer",
    changes: [behind(WAYS, "name: 'ways',", 'due: { sync: () => undefined },')],
    places: [WAYS],
  },
  {
    what: 'a record that belongs to no part',
    changes: [behind(SPACES, 'export const SPACES = {', 'another: one(DISK, 0xf0, numberCoder),')],
    places: [PARTS],
  },
  {
    what: 'a record that belongs to two parts',
    changes: [{ file: WAYS, find: "spaces: ['reach',", replace: "spaces: ['reach', 'pace'," }],
    places: [PARTS],
  },
  {
    what: 'a command that no part carries out',
    changes: [
      behind('agent/core/io.ts', 'export type Command =', "| { readonly kind: 'another' }"),
    ],
    places: [PARTS],
  },
  {
    what: 'a part that is not listed',
    changes: [{ file: PARTS, find: '  queriesPart,\n', replace: '' }],
    places: [PARTS],
  },
];

const NOTICE: Case = {
  what: 'a notice without a row in the shell and on the screen',
  changes: [
    behind('agent/core/notice.ts', 'export type Notice =', "| { readonly kind: 'another' }"),
  ],
  places: [
    'agent/cli/render/events.ts',
    'agent/shell/control/notices.ts',
    'test/cli/events.test.ts',
  ],
};
const MESSAGE_IN_TESTS: Case = {
  what: 'a message without samples and words',
  changes: [MESSAGE_ROW, TAKEN],
  places: [
    'test/core/voices.test.ts',
    'test/scenario/words.ts',
    'test/support/arbitraries.ts',
    'test/support/samples.ts',
  ],
};

function tries(parts: readonly string[], cases: readonly Case[]): void {
  const sources = new Sources(parts);
  after(() => sources.remove());
  for (const { what, changes, places } of cases) {
    it(`${places.length === 0 ? 'takes' : 'refuses'} ${what}`, () => {
      const errors = sources.errorsWith(changes);
      const found = new Set(errors.map((line) => line.slice(0, line.indexOf('('))));
      if (places.length === 0) assert.deepEqual(errors, []);
      for (const place of places) assert.ok(found.has(place), `${place}: ${errors.join('\n')}`);
    });
  }
}

describe('the compiler', () => tries(['agent/core'], IN_THE_CORE));
describe('the compiler, of all sources', () => {
  tries(['agent', 'platform', 'test'], [NOTICE, MESSAGE_IN_TESTS]);
});
