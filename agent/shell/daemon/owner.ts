/**
 * Whose ledger a store is, and whether an empty one may be begun by an authority that votes.
 *
 * A wiped data folder looks like a first start, but the key may have voted before, and the node
 * would contradict itself. So `meshpay network create` leaves a mark beside each new key. The first
 * start writes the key into the store and only then removes the mark; an authority that finds
 * neither begins as a restored one does (PROTOCOL: Evidence is used): it serves and catches up, and
 * never votes again with that key. A crash between the two steps leaves both, and the next start
 * removes the mark.
 *
 * Whether the key is used is said by the store alone: the folder of the key need not be writable
 * (/etc/meshpay is root's). There the unit removes the mark as soon as the daemon is ready, and
 * doctor tells of one that stays.
 *
 * The mark may lie: a folder that was copied before the first start has it as well. So what begins
 * with it is a life of that key which other members have to vouch for
 * (core/authority/first-start.ts).
 */
import { randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { equalBytes } from '../../core/base/bytes.ts';
import { NONCE_BYTES } from '../../core/base/limits.ts';
import { nameOf } from '../../core/base/names.ts';
import { BARS, beginning, ownerOf } from '../../core/standing.ts';
import { networkOf } from '../../core/views.ts';
import { errnoOf } from '../store/layout.ts';
import type { Store } from '../store/store.ts';
import type { DaemonContext } from './context.ts';
import { wrongConfig } from './start-failure.ts';

/** The mark beside a key file that was never started with. */
export function unusedMarkOf(keyFile: string): string {
  return `${keyFile}.unused`;
}

/** What the mark says to whoever opens it. */
export const UNUSED_MARK_TEXT =
  'This key has never been used. The first start of meshpayd removes this file; do not bring it back.\n';

export interface OwnerClaim {
  readonly other?: string;
  readonly markStays?: string;
}

export interface Owner {
  readonly publicKey: Uint8Array;
  readonly keyFile: string;
  readonly isAuthority: boolean;
}

/**
 * Makes sure that the store is this key's. `other`: whose it is instead, in words for a person;
 * `markStays`: the system's code, where the mark could not be removed.
 */
export async function claimStore(store: Store, owner: Owner): Promise<OwnerClaim> {
  const mark = unusedMarkOf(owner.keyFile);
  const stored = ownerOf(store);
  if (stored === undefined) {
    const isUnused = statSync(mark, { throwIfNoEntry: false }) !== undefined;
    const begun = isUnused ? { life: randomBytes(NONCE_BYTES) } : { bar: BARS.lost };
    await store.commit(beginning(owner.publicKey, owner.isAuthority ? begun : undefined));
  } else if (!equalBytes(stored, owner.publicKey)) {
    return { other: nameOf('node', stored) };
  }
  try {
    rmSync(mark, { force: true });
    return {};
  } catch (error) {
    return { markStays: errnoOf(error) ?? String(error) };
  }
}

/**
 * Makes sure that the store is of this network and this key. Throws StartFailure where it is not:
 * the ledger of one key is never continued with another.
 */
export async function ownStore(
  { config, identity, logs }: Pick<DaemonContext, 'config' | 'identity' | 'logs'>,
  store: Store,
): Promise<void> {
  const { network, signer } = identity;
  const stored = networkOf(store);
  if (stored !== undefined && !equalBytes(stored, network.id)) {
    const expected = `the network of the ledger in ${config['store.folder']}, ${nameOf('network', stored)}`;
    const found = `${nameOf('network', network.id)} in ${config.genesis}`;
    throw wrongConfig({ field: 'genesis', expected, found });
  }
  const { other, markStays } = await claimStore(store, {
    publicKey: signer.publicKey,
    keyFile: config.node_key,
    isAuthority: config.role === 'authority',
  });
  if (markStays !== undefined) {
    const mark = unusedMarkOf(config.node_key);
    logs.info('the mark of an unused key is left to whoever owns its folder', { mark, markStays });
  }
  if (other === undefined) return;
  const found = `${nameOf('node', signer.publicKey)} in ${config.node_key}`;
  const expected = `the key of the ledger in ${config['store.folder']}, ${other}`;
  throw wrongConfig({ field: 'node_key', expected, found });
}
