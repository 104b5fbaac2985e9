/** Reads the genesis document that a configuration names. */
import { readWhole } from '../../../platform/file-reader.ts';
import { withoutMark } from '../../core/base/characters.ts';
import type { Mismatch } from '../../core/base/detail.ts';
import { isRefusal, REFUSALS, type Refusal } from '../../core/base/refusal.ts';
import type { Network } from '../../core/network/genesis.ts';
import { networkFromJson } from '../../core/network/genesis-json.ts';
import { MAX_GENESIS_BYTES } from './limits.ts';

/** What is wrong with the document; the field is the caller's. */
type GenesisMismatch = Omit<Mismatch, 'field'>;

/** The network that the document founds. */
export function readConfiguredGenesis(path: string): Network | GenesisMismatch {
  const text = readWhole(path, MAX_GENESIS_BYTES);
  if (!text.ok) return { expected: text.expected, found: `${path} (${text.found})` };
  let json: unknown;
  try {
    json = JSON.parse(withoutMark(text.bytes.toString('utf8')));
  } catch {
    return { expected: 'a genesis document in JSON', found: `${path}, which is not JSON` };
  }
  const network = networkFromJson(json);
  return isRefusal(network) ? mismatchOf(path, network) : network;
}

function mismatchOf(path: string, refused: Refusal): GenesisMismatch {
  const { field = 'document', expected = 'a sound one', found } = refused;
  const what = found ?? REFUSALS[refused.refused].meaning;
  return { expected: `${field}: ${expected}`, found: `${what} in ${path}` };
}
