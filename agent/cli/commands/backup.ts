/** `meshpay backup`: a copy of a running node's ledger. */
import { resolve } from 'node:path';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, withDaemon } from '../daemon-client.ts';
import { show } from '../output.ts';
import { renderBackup } from '../render/node.ts';

/** A large ledger on an SD card takes its time. */
const BACKUP_PATIENCE_MS = 3_600_000;

export const backup: CommandSpec = {
  path: ['backup'],
  summary: "write the node's ledger to one file, while it runs",
  description: [
    'The daemon writes a consistent copy of all its records to FILE (mode 0600) and checks it. The ' +
      'node key is not in it: keep that apart.',
    'An authority restored from a backup cannot know which votes it gave afterwards. It serves and ' +
      'catches up, but never votes again with that key. To bring an authority to new hardware use ' +
      '"meshpay move".',
  ],
  positionals: [
    {
      name: 'file',
      summary: 'where to write; nothing may be there',
      expected: 'a file to write',
      completes: 'file',
    },
  ],
  options: [...DAEMON_OPTIONS, JSON_OPTION],
  examples: [{ about: 'onto a stick', line: 'meshpay backup /media/stick/oak.backup' }],
  run: async (args, context) => {
    const file = resolve(args.word('file'));
    const view = await withDaemon(args, context, (client) => {
      context.terminal.progress.show('The daemon writes the backup...');
      return client.request('backup', { file }, { silenceMs: BACKUP_PATIENCE_MS });
    });
    show(args, context, view, (paint) => renderBackup(paint, view));
  },
};
