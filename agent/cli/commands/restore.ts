/** `meshpay restore`: a node's ledger from a backup file. */
import { restore as restoreStore } from '../../shell/store/backup.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { configOf, DATA_OPTIONS, storeOf } from '../data-folder.ts';
import { show } from '../output.ts';
import { counted } from '../render/text.ts';
import { withStore } from '../store-failure.ts';

export const restore: CommandSpec = {
  path: ['restore'],
  summary: "bring back a node's ledger from a backup; it will not vote",
  description: [
    'Checks FILE and makes a store from it in the data folder of the configuration, which must have ' +
      'none, while the daemon is stopped. Either the whole store is there afterwards, or none is.',
    'An authority cannot know which votes it gave after the backup was made, so a restored one ' +
      'serves and catches up but never votes again with its key.',
  ],
  positionals: [
    {
      name: 'file',
      summary: 'a file of "meshpay backup"',
      expected: 'a backup file',
      completes: 'file',
    },
  ],
  options: [...DATA_OPTIONS, JSON_OPTION],
  examples: [{ about: 'on a new card', line: 'meshpay restore /media/stick/oak.backup' }],
  run: async (args, context) => {
    const store = storeOf(configOf(args));
    context.terminal.progress.show('Checking the backup and making the store...');
    const records = await withStore(() => restoreStore(args.word('file'), store));
    const json = { folder: store.folder, records, mayVote: false };
    show(args, context, json, (paint) =>
      [
        `${paint.good('restored')} ${counted(records, 'record')} to ${store.folder}`,
        'The node serves and catches up from now on, and never votes with this key.',
      ].join('\n'),
    );
  },
};
