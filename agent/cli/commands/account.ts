/** `meshpay account`: what this authority, and others if asked for, say about an account. */
import { trimmed } from '../../core/base/characters.ts';
import { parseName } from '../../core/base/names.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { ask, DAEMON_OPTIONS } from '../daemon-client.ts';
import { refusalFailure } from '../failure.ts';
import { show } from '../output.ts';
import { renderAccount } from '../render/node.ts';

export const account: CommandSpec = {
  path: ['account'],
  summary: 'what this authority says about an account',
  description: [
    'An authority answers from its own ledger and can ask the others, whose answers are shown each with ' +
      'its author. Answers are claims: only certificates are proofs.',
    'Any other node is told nothing of accounts. Owners ask with their wallets: see ' +
      '"meshpay wallet balance".',
  ],
  positionals: [
    { name: 'address', summary: 'the account, mp1...', expected: 'an account name, mp1...' },
  ],
  options: [
    {
      name: 'ask-all',
      kind: 'flag',
      summary: 'ask the other authorities too',
    },
    ...DAEMON_OPTIONS,
    JSON_OPTION,
  ],
  examples: [{ about: 'what every authority says', line: 'meshpay account mp1... --ask-all' }],
  run: async (args, context) => {
    const address = trimmed(args.word('address'));
    const key = parseName('account', address, 'address');
    if (isRefusal(key)) throw refusalFailure(key);
    const from = args.flag('ask-all') ? ({ from: 'committee' } as const) : {};
    const view = await ask(args, context, 'account', { account: address.toLowerCase(), ...from });
    show(args, context, view, (paint) => renderAccount(paint, view));
  },
};
