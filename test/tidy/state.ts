/** Rules of the house: the state is the core's; what others may know of it, and who keeps it. */

import assert from 'node:assert/strict';
import { rule } from './rule.ts';
import { importsOf, PRODUCT, withoutComments } from './tree.ts';

/**
 * What of the core is for those outside: its vocabulary, the network and its outer ledgers, the
 * doorway, the views of its state, what a wallet makes of the answers of members, and a cashbook,
 * which the shell keeps. Records, keys and all that a step does stay inside.
 */
const FOR_ALL = [
  'agent/core/base/',
  'agent/core/cashbook/',
  'agent/core/gateway/',
  'agent/core/network/',
  'agent/core/codec/agreement.ts',
  'agent/core/codec/book.ts',
  'agent/core/codec/order.ts',
  'agent/core/codec/payout.ts',
  'agent/core/draft.ts',
  'agent/core/io.ts',
  'agent/core/ledgers/',
  'agent/core/memo.ts',
  'agent/core/node.ts',
  'agent/core/notice.ts',
  'agent/core/presence/status.ts',
  'agent/core/setup.ts',
  'agent/core/standing.ts',
  'agent/core/views.ts',
  'agent/core/wallet/answers.ts',
];

/** The store keeps the core's records beside its own, which it encodes in the same way. */
const FOR_THE_STORE = [...FOR_ALL, 'agent/core/codec/', 'agent/core/spaces.ts'];

rule("nobody outside the core decodes its records or makes their keys, but for the store's", () => {
  const outside = PRODUCT.filter(
    (path) => path.startsWith('agent/') && !path.startsWith('agent/core/'),
  );
  const wrong = outside.flatMap((path) => {
    const isStore = path.startsWith('agent/shell/store/');
    const allowed = isStore ? FOR_THE_STORE : FOR_ALL;
    const isAllowed = (target: string, names: readonly string[]): boolean =>
      allowed.some((start) => target.startsWith(start)) &&
      (isStore || !names.some((name) => name.endsWith('Coder')));
    return importsOf(path)
      .filter(({ target }) => target.startsWith('agent/core/'))
      .filter(({ target, names }) => !isAllowed(target, names))
      .map(({ target, names }) => `${path} imports ${names.join(', ')} of ${target}`);
  });
  assert.deepEqual(wrong, []);
});

rule('one file reads and writes how an authority stands', () => {
  const names = /\bSPACES\.(standing|firstStart|vouchers|owner)\b|\bstandingCoder\b/;
  assert.deepEqual(
    PRODUCT.filter((path) => names.test(withoutComments(path))),
    [
      // What the record is made of, and where it lies.
      'agent/core/codec/record.ts',
      'agent/core/spaces.ts',
      'agent/core/standing.ts',
      // A store that was moved away remembers the bar that it had before.
      'agent/shell/store/schema.ts',
    ],
  );
});
