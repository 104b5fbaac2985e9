/**
 * A planned network -> folders: the genesis document, and one folder a node with all that this node
 * needs. The whole is there or nothing is (platform/folder-writer.ts). Every configuration is read
 * back and judged by the daemon's own check before anything is visible.
 */
import { join, resolve } from 'node:path';
import { makeFolder, writeNewFile } from '../../../platform/file-writer.ts';
import { createFolder } from '../../../platform/folder-writer.ts';
import { parseConfig, writeConfig } from '../../shell/config/config.ts';
import { UNUSED_MARK_TEXT, unusedMarkOf } from '../../shell/daemon/owner.ts';
import { type KeyFault, writeKeyFile } from '../../shell/keys.ts';
import { GENESIS_FILE, genesisText } from '../../wallet/genesis-file.ts';
import { failure } from '../failure.ts';
import { keyFailure } from '../key-file.ts';
import { fileFailure } from '../wallet-failure.ts';
import type { NetworkPlan, PlannedNode } from './plan.ts';

const KEY_FILE = 'node.key';
export const CONFIG_FILE = 'meshpayd.toml';

/** Writes the network; `folder` must not be there yet, or be empty. Returns its full path. */
export function writeNetwork(folder: string, { network, nodes }: NetworkPlan): string {
  const genesis = genesisText(network);
  for (const node of nodes) checkConfig(resolve(folder, node.name, CONFIG_FILE), node);
  const created = createFolder(folder, (partial) => {
    writeNewFile(join(partial, GENESIS_FILE), genesis, 0o644);
    for (const node of nodes) {
      const key = writeNode(join(partial, node.name), node, genesis);
      if (key !== undefined) return key;
    }
    return undefined;
  });
  if (created.made) return created.path;
  if ('fault' in created) throw keyFailure(created.fault);
  const { path, taken } = created;
  const expected = 'nothing there yet';
  throw fileFailure({ fault: 'folder_taken', field: path, expected, found: taken });
}

function writeNode(
  folder: string,
  { seed, config }: PlannedNode,
  genesis: string,
): KeyFault | undefined {
  makeFolder(folder, 0o700);
  const fault = writeKeyFile(join(folder, KEY_FILE), seed);
  if (fault !== undefined) return fault;
  writeNewFile(unusedMarkOf(join(folder, KEY_FILE)), UNUSED_MARK_TEXT, 0o644);
  writeNewFile(join(folder, GENESIS_FILE), genesis, 0o644);
  writeNewFile(join(folder, CONFIG_FILE), writeConfig(config), 0o644);
  return undefined;
}

function checkConfig(file: string, { config }: PlannedNode): void {
  const reading = parseConfig(writeConfig(config), file);
  if (reading.ok) return;
  const [problem] = reading.problems;
  if (problem === undefined) return;
  const { field, expected, found } = problem;
  throw failure('bad_config', { field: `${file}: ${field}`, expected, found });
}
