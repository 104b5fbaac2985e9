/**
 * `meshpay move request|out|in`: an authority goes to new hardware and goes on voting there. The
 * rules that keep it from being in two places are in shell/store/move.ts.
 */

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { trimmed } from '../../core/base/characters.ts';
import { isKeyFault, readKeyFile, writeKeyFile } from '../../shell/keys.ts';
import { MAX_KEY_FILE_BYTES } from '../../shell/limits.ts';
import {
  moveOut as giveOut,
  moveRequest as request,
  moveIn as takeIn,
} from '../../shell/store/move.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { configOf, DATA_OPTIONS, storeOf } from '../data-folder.ts';
import { failure } from '../failure.ts';
import { keyFailure } from '../key-file.ts';
import { readBytesFile } from '../network/read.ts';
import { show } from '../output.ts';
import { counted, size } from '../render/text.ts';
import { withStore } from '../store-failure.ts';

/** The name under which the node key travels. */
const KEY_NAME = 'node.key';

const ORDER =
  'A move has three steps: "move request" at the new place shows a code, "move out CODE FILE" at ' +
  'the old place seals the old store for good and writes the file, "move in FILE" at the new place ' +
  'takes it. At no moment can both vote. Both daemons are stopped meanwhile.';

export const moveRequest: CommandSpec = {
  path: ['move', 'request'],
  summary: 'step 1, at the new place: show the code of the move',
  description: [ORDER],
  positionals: [],
  options: [...DATA_OPTIONS, JSON_OPTION],
  examples: [{ about: 'on the new router', line: 'meshpay move request' }],
  run: async (args, context) => {
    const store = storeOf(configOf(args));
    const code = await withStore(() => request(store));
    show(args, context, { code }, (paint) => paint.strong(code));
    context.terminal.note(
      `Now at the old place, with its daemon stopped: meshpay move out ${code} FILE`,
    );
  },
};

export const moveOut: CommandSpec = {
  path: ['move', 'out'],
  summary: 'step 2, at the old place: seal the store, write the file',
  description: [
    ORDER,
    'The file holds the ledger and the node key: whoever has it is that node. The same command may ' +
      'be repeated, with the same code only.',
  ],
  positionals: [
    { name: 'code', summary: 'what "move request" showed', expected: 'the code of "move request"' },
    { name: 'file', summary: 'where to write', expected: 'a file to write', completes: 'file' },
  ],
  options: [...DATA_OPTIONS, JSON_OPTION],
  examples: [
    { about: 'on the old router', line: 'meshpay move out mpmove1... /media/stick/oak.move' },
  ],
  run: async (args, context) => {
    const config = configOf(args);
    const seed = readKeyFile(config.node_key);
    if (isKeyFault(seed)) throw keyFailure(seed);
    const key = { name: KEY_NAME, bytes: readBytesFile(config.node_key, MAX_KEY_FILE_BYTES) };
    const [code, file] = [trimmed(args.word('code')), args.word('file')];
    context.terminal.progress.show('Sealing the store and writing the file...');
    const written = await withStore(() => giveOut(storeOf(config), code, file, [key]));
    const { records, bytes } = written;
    show(args, context, { file, code, records, bytes }, (paint) =>
      [
        `${paint.good('moved out')} ${counted(records, 'record')} to ${file} (${size(bytes)})`,
        'The store here is sealed: it will never vote or start as this node again.',
        'Now at the new place: meshpay move in FILE',
      ].join('\n'),
    );
  },
};

export const moveIn: CommandSpec = {
  path: ['move', 'in'],
  summary: 'step 3, at the new place: take the file, and vote here',
  description: [ORDER],
  positionals: [
    {
      name: 'file',
      summary: 'a file of "move out"',
      expected: 'a file of "move out"',
      completes: 'file',
    },
  ],
  options: [...DATA_OPTIONS, JSON_OPTION],
  examples: [{ about: 'on the new router', line: 'meshpay move in /media/stick/oak.move' }],
  run: async (args, context) => {
    const config = configOf(args);
    const store = storeOf(config);
    context.terminal.progress.show('Checking the file and making the store...');
    await withStore(() => takeIn(store, args.word('file')));
    placeKey(join(store.folder, KEY_NAME), config.node_key);
    const json = { folder: store.folder, nodeKey: config.node_key };
    show(args, context, json, (paint) =>
      [
        `${paint.good('moved in')} to ${store.folder}`,
        `The node key is in ${config.node_key}. Delete the file of the move, then start meshpayd.`,
      ].join('\n'),
    );
  },
};

/** Brings the key that came with the store to where the configuration looks for it. */
function placeKey(arrived: string, wanted: string): void {
  if (arrived === wanted) return;
  const seed = readKeyFile(arrived);
  if (isKeyFault(seed)) throw keyFailure(seed);
  if (existsSync(wanted)) {
    const present = readKeyFile(wanted);
    if (isKeyFault(present)) throw keyFailure(present);
    if (!present.every((byte, at) => byte === seed[at])) {
      throw failure(
        'file_exists',
        { field: wanted, expected: 'no key, or the key that was moved', found: 'another key' },
        `The store is here; its key is in ${arrived}. Put it in place by hand.`,
      );
    }
  } else {
    const fault = writeKeyFile(wanted, seed);
    if (fault !== undefined) throw keyFailure(fault);
  }
  rmSync(arrived);
}
