/**
 * A real wallet inside the test process: the session that the command line uses, with its store in
 * a folder of its own. It notes every vote that it has seen, so that a test can hold authorities to
 * them.
 */
import { mkdirSync } from 'node:fs';
import type { Signer } from '../../agent/core/base/crypto.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import type { Certificate, SignedOrder } from '../../agent/core/codec/order.ts';
import type { Network } from '../../agent/core/network/genesis.ts';
import type { Notice } from '../../agent/core/notice.ts';
import { walletOf } from '../../agent/core/views.ts';
import type { Address } from '../../agent/shell/net/address.ts';
import type { TransportChoice } from '../../agent/shell/net/transport.ts';
import { openSession, type WalletSession } from '../../agent/wallet/session.ts';
import { beside } from '../../agent/wallet/until.ts';
import { NO_MEMOS } from '../support/memos.ts';
import { sound } from '../support/sound.ts';

export interface Paid {
  readonly certificate: Certificate;
  /** From the command to the certificate on disk. */
  readonly latencyMs: number;
}

export interface TestWallet {
  readonly signer: Signer;
  readonly session: WalletSession;
  readonly notices: readonly Notice[];
  /** Pays in the first token; resolves when the order is certified, rejects when it cannot be. */
  pay(recipient: Uint8Array, amountMinor: bigint): Promise<Paid>;
  /** Goes on with an order that an earlier session left behind. */
  live(): Promise<Certificate>;
  /** Waits for a notice, of those to come or that have come. */
  noticed<K extends Notice['kind']>(kind: K): Promise<Extract<Notice, { kind: K }>>;
  /** What it can prove to own, smallest units. */
  balance(): bigint;
  close(): Promise<void>;
}

/** Opens the wallet of `signer` in `folder`, which is made if it is not there. */
export async function openTestWallet(
  folder: string,
  network: Network,
  signer: Signer,
  peers: readonly Address[],
  transport: TransportChoice = 'auto',
): Promise<TestWallet> {
  mkdirSync(folder, { recursive: true });
  const config = { peers, transport, allowVolatile: true };
  const session = sound(await openSession({ folder, signer, memos: NO_MEMOS, network, config }));
  const notices: Notice[] = [];
  session.hear((notice) => notices.push(notice));

  const certified = (): Promise<Certificate> =>
    beside(
      session,
      new Promise((resolve, reject) => {
        const end = session.hear((notice) => {
          if (notice.kind === 'order_certified') resolve(notice.certificate);
          else if (notice.kind === 'order_failed') reject(new Error(notice.refusal.refused));
          else if (notice.kind === 'command_refused') reject(new Error(notice.refusal.refused));
          else return;
          end();
        });
      }),
    );

  return {
    signer,
    session,
    notices,
    async pay(recipient, amountMinor) {
      const begun = performance.now();
      const done = certified();
      const amount = amountMinor as Amount;
      session.command({
        kind: 'pay',
        recipient,
        token: 0 as TokenIndex,
        amount,
        memo: '',
        nonce: undefined,
      });
      const certificate = await done;
      return { certificate, latencyMs: performance.now() - begun };
    },
    live: certified,
    noticed: (kind) =>
      new Promise((resolve) => {
        const matches = (notice: Notice): boolean => {
          if (notice.kind !== kind) return false;
          resolve(notice as Extract<Notice, { kind: typeof kind }>);
          return true;
        };
        if (notices.some(matches)) return;
        const end = session.hear((notice) => {
          if (matches(notice)) end();
        });
      }),
    balance() {
      const { balances } = walletOf(session.read, network, signer.publicKey);
      return balances[0]?.balance ?? 0n;
    },
    close: () => session.close(),
  };
}

/** The orders that this wallet made, by what it noticed. */
export function ordersOf(wallet: TestWallet): SignedOrder[] {
  return wallet.notices.flatMap((notice) =>
    notice.kind === 'order_created' ? [notice.order] : [],
  );
}
