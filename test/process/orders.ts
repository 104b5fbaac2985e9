/** Orders signed with a test network's wallets, in the first token and through the first ledger. */

import type { Signer } from '../../agent/core/base/crypto.ts';
import type { Amount, LedgerIndex, Sequence, TokenIndex } from '../../agent/core/base/units.ts';
import { type Order, orderSigningBytes, type SignedOrder } from '../../agent/core/codec/order.ts';
import type { Network } from '../../agent/core/network/genesis.ts';

export function transfer(
  network: Network,
  payer: Signer,
  recipient: Uint8Array,
  amountMinor: bigint,
  { sequence = 0n, token = 0, networkId = network.id } = {},
): SignedOrder {
  const order: Order = {
    account: payer.publicKey,
    sequence: sequence as Sequence,
    action: {
      TAG: 'transfer',
      data: {
        recipient,
        token: token as TokenIndex,
        amount: amountMinor as Amount,
        memo: new Uint8Array(),
      },
    },
  };
  return { order, signature: payer.sign(orderSigningBytes(networkId, order)) };
}

/** A withdrawal through the first ledger, valid for a day. */
export function withdrawal(
  network: Network,
  payer: Signer,
  amountMinor: bigint,
  { sequence = 0n } = {},
): SignedOrder {
  const order: Order = {
    account: payer.publicKey,
    sequence: sequence as Sequence,
    action: {
      TAG: 'withdrawal',
      data: {
        token: 0 as TokenIndex,
        amount: amountMinor as Amount,
        ledger: 0 as LedgerIndex,
        recipient: new TextEncoder().encode('Amina at the mill'),
        validUntilMs: BigInt(Date.now() + 86_400_000),
      },
    },
  };
  return { order, signature: payer.sign(orderSigningBytes(network.id, order)) };
}
