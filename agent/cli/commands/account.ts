/** `meshpay account`: what authorities say about an account. */
import { parseName } from '../../core/names.ts';
import { isRefusal } from '../../core/refusal.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { ask, DAEMON_OPTIONS } from '../daemon.ts';
import { refusalFailure } from '../failure.ts';
import { show } from '../output.ts';
import { renderAccount } from '../render/node.ts';

export const account: CommandSpec = {
  path: ['account'],
  summary: 'what authorities say about an account',
  description: [
    'An authority answers from its own ledger; any other node asks the authorities and shows each ' +
      'answer with its author. Answers are claims: only certificates are proofs.',
  ],
  positionals: [
    { name: 'address', summary: 'the account, mp1...', expected: 'an account name, mp1...' },
  ],
  options: [
    {
      name: 'ask-all',
      kind: 'flag',
      summary: 'ask all authorities, also where this node has a ledger of its own',
    },
    ...DAEMON_OPTIONS,
    JSON_OPTION,
  ],
  examples: [{ about: 'what every authority says', line: 'meshpay account mp1... --ask-all' }],
  run: async (args, context) => {
    const address = args.word('address');
    const key = parseName('account', address, 'address');
    if (isRefusal(key)) throw refusalFailure(key);
    const from = args.flag('ask-all') ? ({ from: 'committee' } as const) : {};
    const view = await ask(args, 'account', { account: address.toLowerCase(), ...from });
    show(args, context, view, (paint) => renderAccount(paint, view));
  },
};
