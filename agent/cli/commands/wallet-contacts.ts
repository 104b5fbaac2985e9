/** `meshpay wallet name` and `names`: whom one pays, under names of one's own. */
import { trimmed } from '../../core/base/characters.ts';
import { forgetContact, nameContact, readContacts } from '../../wallet/contacts.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { renderTable } from '../render/table.ts';
import { signerOf, WALLET_OPTION, walletFolderOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';

export const walletName: CommandSpec = {
  path: ['wallet', 'name'],
  alsoCalled: ['contact'],
  summary: 'give an address a name, for this wallet alone',
  description: [
    'From then on "meshpay wallet pay" takes the name for the address, and the history shows it. Names ' +
      'are kept in contacts.toml of the wallet; nobody else sees them. Look at the address twice: the ' +
      'name is only as right as it is.',
  ],
  positionals: [
    { name: 'name', summary: 'such as alice', expected: 'a name such as alice' },
    { name: 'address', summary: 'whose name it is, mp1...; left out with --forget' },
  ],
  options: [
    { name: 'forget', kind: 'flag', summary: 'forget the name' },
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [
    { about: 'the baker', line: 'meshpay wallet name baker mp1...' },
    { about: 'not any more', line: 'meshpay wallet name baker --forget' },
  ],
  run: async (args, context) => {
    const folder = walletFolderOf(args, context.environment);
    signerOf(args, context.environment);
    const [name, address] = [args.word('name'), args.optionalWord('address')];
    const forget = args.flag('forget');
    if (forget === (address !== undefined)) {
      const expected = forget ? 'none with --forget' : 'an address, mp1...';
      const found = address ?? 'nothing';
      throw failure('bad_usage', { field: 'address', expected, found });
    }
    const contacts = orFail(
      address === undefined ? forgetContact(folder, name) : nameContact(folder, name, address),
    );
    const known = trimmed(name).normalize('NFC');
    const json = { name: known, address: contacts.get(known) ?? null };
    show(args, context, json, () =>
      json.address === null ? `forgotten: ${known}` : `${known} is ${json.address}`,
    );
  },
};

export const walletNames: CommandSpec = {
  path: ['wallet', 'names'],
  alsoCalled: ['contacts'],
  summary: 'the names that this wallet knows',
  description: ['Lists the names that "meshpay wallet name" gave, with their addresses.'],
  positionals: [],
  options: [WALLET_OPTION, JSON_OPTION],
  examples: [{ about: 'for a program', line: 'meshpay wallet names --json' }],
  run: async (args, context) => {
    signerOf(args, context.environment);
    const contacts = orFail(readContacts(walletFolderOf(args, context.environment)));
    const rows = [...contacts];
    show(args, context, Object.fromEntries(rows), (paint) =>
      rows.length === 0
        ? 'No names yet: "meshpay wallet name NAME ADDRESS" gives one.'
        : renderTable(paint, [{ title: 'name' }, { title: 'address' }], rows),
    );
  },
};
