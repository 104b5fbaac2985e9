/**
 * Who this node is: the network of the genesis document, the node's key, and, if the committee has
 * that key, its place in it. The key alone decides; `role` and `name` in the configuration have to
 * agree with it, so that a mixed-up folder is found before it does anything.
 */

import type { Signer } from '../../core/base/crypto.ts';
import type { MemberIndex } from '../../core/base/units.ts';
import { memberByKey } from '../../core/network/committee.ts';
import { asFounded, type JudgedNetwork, memberName } from '../../core/views.ts';
import type { ConfigProblem } from '../config/config.ts';
import type { Config } from '../config/config-schema.ts';
import { readConfiguredGenesis } from '../config/configured-genesis.ts';
import { isKeyFault, quickSignerFromSeed, readKeyFile } from '../keys.ts';

export interface NodeIdentity {
  readonly network: JudgedNetwork;
  readonly signer: Signer;
  /** The 32 bytes that the signer and the node's certificate are made of. */
  readonly seed: Uint8Array;
  /** The number of this key, on an authority that sits, or ever sat, in a committee. */
  readonly member: MemberIndex | undefined;
}

export type IdentityReading =
  | { readonly ok: true; readonly identity: NodeIdentity }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads the files that the configuration names, and checks that they belong together. */
export function readIdentity(config: Config, configFile: string): IdentityReading {
  const problem = (field: string, expected: string, found: string): ConfigProblem => ({
    file: configFile,
    field,
    expected,
    found,
  });
  const problems: ConfigProblem[] = [];
  const network = readConfiguredGenesis(config.genesis);
  if ('expected' in network) {
    problems.push(problem('genesis', network.expected, network.found));
  }
  const seed = readKeyFile(config.node_key);
  if (isKeyFault(seed)) problems.push(problem('node_key', 'a key file of mode 0600', seed.message));
  if ('expected' in network || isKeyFault(seed)) return { ok: false, problems };

  const signer = quickSignerFromSeed(seed);
  const founded = asFounded(network);
  const member = memberByKey(founded.committee, signer.publicKey);
  const identity = { network: founded, signer, seed, member };
  const mismatch = roleMismatch(config, identity);
  if (mismatch === undefined) return { ok: true, identity };
  return { ok: false, problems: [problem(...mismatch)] };
}

type Mismatch = readonly [field: string, expected: string, found: string];

function roleMismatch(config: Config, { network, member }: NodeIdentity): Mismatch | undefined {
  // An authority that is no founder gets its seat by a change of the committee.
  if (member === undefined) return undefined;
  const called = memberName(network, member);
  if (config.role !== 'authority') {
    return ['role', `"authority", since node_key is that of the member ${called}`, '"relay"'];
  }
  if (config.name === called) return undefined;
  return [
    'name',
    `"${called}", the name of this member in the genesis document`,
    `"${config.name}"`,
  ];
}
