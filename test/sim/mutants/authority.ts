/** Deliberate bugs in how an authority judges orders, applies certificates and keeps its ledger. */
import type { Mutant } from './mutant.ts';

const RULES = 'agent/core/authority/rules.js';
const APPLY = 'agent/core/authority/apply.js';
const ORDER = 'agent/core/authority/order.js';
const CATCHUP = 'agent/core/authority/catchup.js';

export const AUTHORITY_MUTANTS: readonly Mutant[] = [
  {
    name: 'no balance check',
    file: RULES,
    find: 'balanceOf(account, order.action.data.token) >= order.action.data.amount',
    replace: 'true',
    caughtBy: ['votes'],
  },
  {
    name: 'balance check off by one',
    file: RULES,
    find: 'balanceOf(account, order.action.data.token) >= order.action.data.amount',
    replace: 'balanceOf(account, order.action.data.token) + 1n >= order.action.data.amount',
    caughtBy: ['votes'],
  },
  {
    name: 'no gap check',
    file: RULES,
    find: 'order.sequence <= account.next',
    replace: 'true',
    caughtBy: ['votes', 'ledger'],
  },
  {
    name: 'no check for a used sequence',
    file: RULES,
    find: 'order.sequence >= account.next',
    replace: 'true',
    caughtBy: ['votes', 'ledger'],
  },
  {
    name: 'no check for room',
    file: RULES,
    find: 'isRecipientKnown || accountCount < BigInt(setup.mostAccounts ?? MAX_ACCOUNTS)',
    replace: 'true',
    caughtBy: ['votes'],
  },
  {
    name: 'no pending check',
    file: RULES,
    find: 'holds: ({ account }) => account.pending === undefined',
    replace: 'holds: () => true',
    caughtBy: ['votes', 'evidence'],
  },
  {
    name: 'no check of the payer signature',
    file: RULES,
    find: 'setup.verify(order.account, orderSigningBytes(setup.network.id, order), signed.signature)',
    replace: 'true',
    caughtBy: ['votes', 'proofs', 'ledger'],
  },
  {
    name: 'orders of nothing',
    file: RULES,
    find: 'order.action.data.amount > 0n',
    replace: 'true',
    caughtBy: ['votes'],
  },
  {
    name: 'orders to oneself',
    file: RULES,
    find: '!equalBytes(order.account, order.action.data.recipient)',
    replace: 'true',
    caughtBy: ['votes'],
  },
  {
    name: 'a restored authority votes',
    file: ORDER,
    find: "const mayVote = draft.get(singleton('standing')) === undefined;",
    replace: 'const mayVote = true;',
    caughtBy: ['standing'],
    profile: 'crashes',
  },
  {
    name: 'votes without keeping the order',
    file: ORDER,
    find: 'writePending(draft, order.account, { ...account, pending: signed });',
    replace: '',
    caughtBy: ['durability', 'votes'],
  },
  {
    name: "signs what another's vote names",
    file: 'agent/core/authority/authority.js',
    find: "case 'vote':",
    replace: `case 'vote': {
      const { epoch, orderHash } = message.data;
      const { member, sign } = setup.authority;
      const tag = new TextEncoder().encode('meshpay/1/vote');
      const { id } = setup.network;
      const signature = sign(Uint8Array.of(tag.length, ...tag, ...id, 0, 0, 0, 0, ...orderHash));
      return draft.answer(origin, { TAG: 'vote', data: { epoch, orderHash, member, signature } });
    }`,
    caughtBy: ['votes', 'durability'],
    profile: 'hostile',
  },
  {
    name: 'applies a certificate twice',
    file: APPLY,
    find: 'if (order.sequence < payer.next)',
    replace: 'if (false)',
    caughtBy: ['ledger', 'journal'],
  },
  {
    name: 'applies over a gap',
    file: APPLY,
    find: 'if (order.sequence > payer.next)',
    replace: 'if (false)',
    caughtBy: ['ledger'],
  },
  {
    name: 'checks the balance when applying',
    file: APPLY,
    find: 'const index = certificateKey(order.account, order.sequence);',
    replace: `if (balanceOf(payer, order.action.data.token) < order.action.data.amount) {
        return refusal('insufficient_balance');
      }
      const index = certificateKey(order.account, order.sequence);`,
    caughtBy: ['applying', 'convergence'],
    profile: 'hostile',
  },
  {
    name: 'the sequence stays',
    file: APPLY,
    find: 'next: nextSequence(payer.next)',
    replace: 'next: payer.next',
    caughtBy: ['ledger', 'applying'],
  },
  {
    name: 'the payee gets one unit more',
    file: APPLY,
    find: 'credit(balanceOf(payee, token), amount)',
    replace: 'credit(balanceOf(payee, token), amount + 1n)',
    caughtBy: ['ledger', 'money'],
  },
  {
    name: 'the order stays pending',
    file: APPLY,
    find: 'pending: undefined,',
    replace: '',
    caughtBy: ['ledger'],
  },
  {
    name: 'history is not a chain',
    file: APPLY,
    find: 'history: sha256(payer.history, hash)',
    replace: 'history: hash',
    caughtBy: ['ledger'],
  },
  {
    name: 'the journal is not a chain',
    file: 'agent/core/journal.js',
    find: 'encode(journalEntryCoder, { link, fact })',
    replace: 'encode(journalEntryCoder, { link: new Uint8Array(32), fact })',
    caughtBy: ['journal'],
  },
  {
    name: 'issues anew at every start',
    file: 'agent/core/authority/genesis.js',
    find: 'if (founded !== undefined)',
    replace: 'if (false)',
    caughtBy: ['ledger', 'money'],
    profile: 'crashes',
  },
  {
    name: 'one order twice is a proof',
    file: 'agent/core/authority/double-spend.js',
    find: 'if (equalBytes(orderHash(setup.network.id, held.order), hash))',
    replace: 'if (false)',
    caughtBy: ['proofs'],
  },
  {
    name: 'proofs need no signatures',
    file: 'agent/core/authority/double-spend.js',
    find: 'if (!areValid)',
    replace: 'if (false)',
    caughtBy: ['proofs'],
  },
  {
    name: 'a table without bound: proofs about nobody',
    file: 'agent/core/authority/double-spend.js',
    find: 'if (!isPlausible)',
    replace: 'if (false)',
    caughtBy: ['bounds'],
  },
  {
    name: 'a table without bound: links to anybody',
    file: 'agent/core/links.js',
    find: 'isMember ? MAX_LINKS_PER_MEMBER : MAX_RELAY_LINKS',
    replace: 'isMember ? MAX_LINKS_PER_MEMBER : Infinity',
    caughtBy: ['bounds', 'exceptions'],
  },
  {
    name: 'a table without bound: links to one member',
    file: 'agent/core/links.js',
    find: 'isMember ? MAX_LINKS_PER_MEMBER : MAX_RELAY_LINKS',
    replace: 'isMember ? Infinity : MAX_RELAY_LINKS',
    caughtBy: ['bounds', 'exceptions'],
  },
  {
    name: 'balances of an account in the order of payments',
    file: 'agent/core/authority/account.js',
    find: 'balances: others.sort((a, b) => a.token - b.token)',
    replace: 'balances: others',
    caughtBy: ['convergence'],
    profile: 'full',
  },
  {
    name: 'an account goes into its bucket again and again',
    file: 'agent/core/authority/bucket.js',
    find: 'to: isKnown ? from + 1 : from',
    replace: 'to: from',
    caughtBy: ['bounds', 'convergence'],
  },
  {
    name: 'keeps no double-spend proof',
    file: ORDER,
    find: 'noteDoubleSpend(draft, setup, account, signed, hash);',
    replace: '',
    caughtBy: ['evidence'],
  },
  {
    name: 'does not gossip the order that it voted for',
    file: ORDER,
    find: "for (const link of memberLinks(draft))\n        draft.send(link, { TAG: 'gossip', data: signed });",
    replace: '',
    caughtBy: ['evidence'],
  },
  {
    name: 'tells nobody of a double-spend proof',
    file: 'agent/core/authority/double-spend.js',
    find: "draft.send(link, { TAG: 'doubleSpend', data: { first, second } });",
    replace: '',
    caughtBy: ['evidence'],
  },
  {
    name: 'does not say which proofs it holds',
    file: CATCHUP,
    find: 'sendProofCount(draft, link);',
    replace: '',
    caughtBy: ['evidence'],
    profile: 'hostile',
  },
  {
    name: 'catch-up gives the wrong page',
    file: 'agent/core/authority/queries.js',
    find: 'for (let at = from; at < next',
    replace: 'for (let at = nextSequence(from); at < next',
    caughtBy: ['convergence', 'liveness'],
    profile: 'crashes',
  },
  {
    name: 'catch-up never asks',
    file: CATCHUP,
    find: 'if (!equal)',
    replace: 'if (false)',
    caughtBy: ['convergence'],
    profile: 'crashes',
  },
  {
    name: 'catch-up believes signatures in pages',
    file: CATCHUP,
    find: 'applyCertificate(draft, setup, certificate)',
    replace: 'applyCertificate(draft, { ...setup, verify: () => true }, certificate)',
    caughtBy: ['certificates'],
  },
  {
    name: 'hashes are not forgotten',
    file: 'agent/core/authority/digest.js',
    find: 'draft.put(key, UNKNOWN);',
    replace: '{}',
    caughtBy: ['convergence'],
    profile: 'crashes',
  },
  {
    name: 'accounts are lost at restart',
    file: 'agent/core/recovery.js',
    find: 'if (key[0] !== KEYSPACE.account.prefix)',
    replace: 'if (true)',
    caughtBy: ['convergence'],
    profile: 'crashes',
  },
];
