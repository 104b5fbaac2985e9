/**
 * Memos are sealed to payer and payee (PROTOCOL: Privacy): authorities, relays and whoever else
 * holds an order or a receipt see that there is a memo, and nothing of what it says.
 *
 *   secret  = X25519 of one account's key and the other's, both Ed25519 keys taken to Curve25519
 *             (RFC 7748; birational map, RFC 7748 section 4.1)
 *   key     = HKDF-SHA-256 (RFC 5869) of the secret, salted with the network id, for this payer,
 *             recipient and sequence: 64 bytes
 *   sealed  = AES-256-SIV (RFC 5297) of the padded memo, with the order, its memo left out, beside
 *             it
 *
 * Both ends make the same secret of their own key and the other's, so both can open, and nobody
 * else. Without randomness: an order that is made again has the same bytes. Two different memos for
 * one sequence, which a careless owner may sign, have the same key; SIV is made for that, and gives
 * nothing away but whether two are equal. Every memo is padded to one length. What was sealed for
 * one order cannot be opened in another.
 *
 * A key that is not canonical, not on the curve or of small order, seals and opens nothing: its
 * secret would be known to everybody. None of this is needed by a node that holds no account, so
 * wallets are given it (setup.ts) and the daemon does not load it.
 */
import { aessiv } from '@noble/ciphers/aes.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '@scure/base';
import { ascii, concatBytes, equalBytes, toByteKey } from './base/bytes.ts';
import { isPlainPoint } from './base/ed25519.ts';
import { MAX_MEMO_BYTES, PROTOCOL_VERSION, SEALED_MEMO_BYTES } from './base/limits.ts';
import { encode, sequenceCoder } from './codec/canonical.ts';
import { NO_MEMO, type Order, orderCoder, type SealMemo, type Transfer } from './codec/order.ts';

/** What an account can do with memos of its own orders and of those that pay it. */
export interface Memos {
  /**
   * The sealed memo for an order of this account, whose own memo is not looked at; `text` has 1 to
   * MAX_MEMO_BYTES bytes. Undefined: the recipient is no key that anything can be sealed to.
   */
  readonly seal: SealMemo;
  /** The memo of an order. Undefined: there is none, or this account cannot open it. */
  readonly open: (order: Order) => string | undefined;
}

/**
 * Secrets with other accounts that are kept, so that a long history is not a curve operation a
 * line.
 */
const MOST_SECRETS = 64;
const KEY_BYTES = 64;
/** A byte for the length, and the text, padded. */
const PADDED_BYTES = 1 + MAX_MEMO_BYTES;

/** For the account whose key has this seed (32 bytes), on the network with this id. */
export function memosOf(seed: Uint8Array, networkId: Uint8Array): Memos {
  let publicKey: Uint8Array | undefined;
  const own = (): Uint8Array => {
    publicKey ??= ed25519.getPublicKey(seed);
    return publicKey;
  };
  const secret = ed25519.utils.toMontgomerySecret(seed);
  const secrets = new Map<string, Uint8Array | undefined>();
  const secretWith = (other: Uint8Array): Uint8Array | undefined => {
    const name = toByteKey(other);
    if (!secrets.has(name)) {
      if (secrets.size >= MOST_SECRETS) secrets.clear();
      secrets.set(name, agree(secret, other));
    }
    return secrets.get(name);
  };
  return {
    seal: (order, text) => {
      if (order.action.TAG !== 'transfer') return undefined;
      const shared = secretWith(order.action.data.recipient);
      const padded = pad(utf8.decode(text));
      if (shared === undefined || padded === undefined) return undefined;
      return cipherFor(shared, networkId, order, order.action.data).encrypt(padded);
    },
    open: (order) => {
      if (order.action.TAG !== 'transfer') return undefined;
      const { recipient, memo } = order.action.data;
      if (memo.length !== SEALED_MEMO_BYTES) return undefined;
      const isOwn = equalBytes(order.account, own());
      if (!isOwn && !equalBytes(recipient, own())) return undefined;
      const shared = secretWith(isOwn ? recipient : order.account);
      return shared && openWith(shared, networkId, order, order.action.data);
    },
  };
}

/** X25519 with another account's key; undefined for a key that makes no secret. */
function agree(secret: Uint8Array, other: Uint8Array): Uint8Array | undefined {
  if (!isPlainPoint(other)) return undefined;
  try {
    return x25519.getSharedSecret(secret, ed25519.utils.toMontgomery(other));
  } catch {
    return undefined; // Not on the curve.
  }
}

function openWith(
  shared: Uint8Array,
  networkId: Uint8Array,
  order: Order,
  transfer: Transfer,
): string | undefined {
  let padded: Uint8Array;
  try {
    padded = cipherFor(shared, networkId, order, transfer).decrypt(transfer.memo);
  } catch {
    return undefined; // Changed on the way, or sealed for another order.
  }
  const [length = 0] = padded;
  const bytes = padded.subarray(1, 1 + length);
  const again = pad(bytes);
  if (again === undefined || !equalBytes(again, padded)) return undefined;
  return textOf(bytes);
}

function cipherFor(shared: Uint8Array, networkId: Uint8Array, order: Order, transfer: Transfer) {
  const { account, sequence } = order;
  const { recipient } = transfer;
  const about = concatBytes(
    ascii(`meshpay/${PROTOCOL_VERSION}/memo`),
    account,
    recipient,
    encode(sequenceCoder, sequence),
  );
  const data = { ...transfer, memo: NO_MEMO };
  const bare: Order = { ...order, action: { TAG: 'transfer', data } };
  return aessiv(hkdf(sha256, shared, networkId, about, KEY_BYTES), encode(orderCoder, bare));
}

/** A text of 1 to MAX_MEMO_BYTES bytes with its length in front and zeros behind it. */
function pad(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 0 || bytes.length > MAX_MEMO_BYTES) return undefined;
  const padded = new Uint8Array(PADDED_BYTES);
  padded[0] = bytes.length;
  padded.set(bytes, 1);
  return padded;
}

/** Undefined for bytes that are not what a text is encoded as. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.encode(bytes);
    return equalBytes(utf8.decode(text), bytes) ? text : undefined;
  } catch {
    return undefined;
  }
}
