/**
 * What closings left of a wallet's own account: sequences that were spent without a certificate,
 * and money that is kept aside for orders that may still turn up (PROTOCOL: Closing a sequence).
 * Such an order of its own may be paid later, and the rest comes back then.
 */
import { MAX_OWN_RESERVES } from '../base/limits.ts';
import { credit, debit, nextSequence, type Sequence, ZERO_BALANCE } from '../base/units.ts';
import type { WalletRecord } from '../codec/record.ts';

type OwnReserve = WalletRecord['reserves'][number];

/** The wallet whose next sequence was closed. */
export function closedAt(wallet: WalletRecord): WalletRecord {
  return { ...wallet, next: nextSequence(wallet.next), closed: wallet.closed + 1n };
}

/** The wallet with money kept aside. Of very many the oldest are forgotten: those stay as spent. */
export function withReserve(wallet: WalletRecord, reserve: OwnReserve): WalletRecord {
  const reserves = [...wallet.reserves, reserve].slice(-MAX_OWN_RESERVES);
  return { ...moved(wallet, reserve, -1n), reserves };
}

/** The wallet whose money for that sequence is in its balance again, if any was kept aside. */
export function withoutReserve(wallet: WalletRecord, sequence: Sequence): WalletRecord {
  const reserve = wallet.reserves.find((other) => other.sequence === sequence);
  if (reserve === undefined) return wallet;
  const reserves = wallet.reserves.filter((other) => other !== reserve);
  return { ...moved(wallet, reserve, 1n), reserves };
}

/** From which sequence on certificates of this wallet's own orders may be new to it. */
export function firstOpen({ next, reserves }: WalletRecord): Sequence {
  const sequences = [next, ...reserves.map(({ sequence }) => sequence)];
  return sequences.sort((a, b) => (a < b ? -1 : 1))[0] ?? next;
}

function moved(wallet: WalletRecord, { amounts }: OwnReserve, sign: 1n | -1n): WalletRecord {
  const balances = amounts.reduce((list, { token, amount }) => {
    const held = list.find((entry) => entry.token === token)?.balance ?? ZERO_BALANCE;
    const balance = sign > 0n ? credit(held, amount) : debit(held, amount);
    const others = list.filter((entry) => entry.token !== token);
    return [...others, { token, balance }].sort((a, b) => a.token - b.token);
  }, wallet.balances);
  return { ...wallet, balances };
}
