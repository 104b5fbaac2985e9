/**
 * What the owners of honest wallets do: pay each other and strangers, look what came in, hand a
 * receipt over, ask about an account. One payment at a time, never more than they can prove to own.
 */
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Amount, LedgerIndex, TokenIndex } from '../../agent/core/base/units.ts';
import type { Command, Event, Step } from '../../agent/core/io.ts';
import { answersOf, isConfirmed } from '../../agent/core/wallet/answers.ts';
import { paymentState } from '../../agent/core/wallet/payment.ts';
import { latin1, Reader, readBalances } from './checkers/decode.ts';
import { EPOCH_WALL_MS } from './clock.ts';
import { Prng } from './prng.ts';
import type { Process, Watcher } from './process.ts';
import type { World } from './world.ts';

export interface Tally {
  ordered: number;
  certified: number;
  received: number;
  refusedForGood: number;
}

/** Orders that an owner with the wrong genesis document makes: they can only be refused. */
const STRANGER_ORDERS = 2;

export class Workload implements Watcher {
  readonly tally: Tally = { ordered: 0, certified: 0, received: 0, refusedForGood: 0 };
  readonly #world: World;
  readonly #prng: Prng;
  readonly #withdrawals: Prng;
  #left: number;
  /** What a wallet that lost its memory asked last: the same again is the same question. */
  readonly #asking = new Map<Process, Uint8Array>();

  constructor(world: World) {
    this.#world = world;
    this.#prng = Prng.named(world.plan.seed, 'owners');
    this.#withdrawals = Prng.named(world.plan.seed, 'withdrawing owners');
    this.#left = world.plan.payments;
  }

  /** Lets the owners begin. */
  begin(): void {
    const { plan, wallets, all, agenda } = this.#world;
    for (const wallet of wallets) this.#think(wallet);
    for (const stranger of all.filter(({ role }) => role === 'stranger')) {
      for (let i = 0; i < STRANGER_ORDERS; i++) {
        agenda.after(this.#prng.below(plan.chaosMs), () => this.#pay(stranger));
      }
    }
  }

  /** Every owner looks what came in. */
  refreshAll(): void {
    for (const wallet of this.#world.wallets) this.#refresh(wallet);
  }

  stepped(process: Process, event: Event, step: Step): void {
    if (process.role !== 'wallet') return;
    if (event.kind === 'start') this.#asking.delete(process);
    for (const notice of step.notices) {
      switch (notice.kind) {
        case 'order_created':
          this.tally.ordered++;
          this.#world.remembered(process);
          this.#asking.delete(process);
          break;
        case 'order_certified':
          this.tally.certified++;
          break;
        case 'received':
          this.tally.received++;
          break;
        case 'order_failed':
          this.tally.refusedForGood++;
          break;
        default:
      }
    }
  }

  #think(wallet: Process): void {
    const { agenda, plan } = this.#world;
    agenda.after(this.#prng.between(1, 2 * plan.thinkMs), () => {
      if (this.#world.isHealed || this.#left <= 0) return;
      this.#act(wallet);
      this.#think(wallet);
    });
  }

  #act(wallet: Process): void {
    if (!wallet.isUp) return;
    this.#remember(wallet);
    // What it forgot it may ask for, or be told before the core signs anything.
    const isForgetful = this.#world.hasToRemember(wallet);
    if (isForgetful && this.#prng.below(2) === 0) return this.#refresh(wallet);
    const choice = this.#prng.below(100);
    if (choice < 5) return this.#isPatient(wallet) ? undefined : this.#refresh(wallet);
    if (choice < 7) {
      return this.#do(wallet, { kind: 'reach', nonce: this.#prng.bytes(16) });
    }
    if (choice < 12) return this.#handOver(wallet);
    const { withdrawals } = this.#world.plan;
    if (withdrawals > 0 && this.#withdrawals.below(100) < withdrawals) {
      return this.#withdraw(wallet);
    }
    this.#pay(wallet);
  }

  #pay(wallet: Process): void {
    if (this.#isPatient(wallet)) return;
    const isBusy = wallet.disk.live.has('L' as ByteKey);
    const prng = this.#prng;
    const token = prng.below(this.#world.plan.tokens);
    const balance = provenBalance(this.#world, wallet, token);
    if (balance <= 0n) return;
    const { cast } = this.#world;
    const known = prng.below(4) === 0 ? this.#payable() : cast.friends;
    const others = known.filter((key) => key !== wallet.signer.publicKey);
    const share = balance / BigInt(prng.below(40) === 0 ? 1 : prng.pick([3, 20, 50, 200]));
    if (!isBusy) this.#left--;
    this.#do(wallet, {
      kind: 'pay',
      recipient: prng.pick(others),
      token: token as TokenIndex,
      amount: (share > 0n ? share : balance) as Amount,
      memo: prng.pick(['', 'bread', 'ünï', 'x'.repeat(64)]),
      nonce: prng.bytes(16),
    });
  }

  /** Some of the first token leaves through the cashbook; now and then to whom it cannot pay. */
  #withdraw(wallet: Process): void {
    if (this.#isPatient(wallet)) return;
    const prng = this.#withdrawals;
    const balance = provenBalance(this.#world, wallet, 0);
    if (balance <= 0n) return;
    const share = balance / BigInt(prng.pick([1, 20, 50, 200, 200]));
    if (!wallet.disk.live.has('L' as ByteKey)) this.#left--;
    this.#do(wallet, {
      kind: 'withdraw',
      token: 0 as TokenIndex,
      amount: (share > 0n ? share : balance) as Amount,
      ledger: 0 as LedgerIndex,
      recipient: Buffer.from(prng.pick(['Anna', 'Berta', 'Zoë 12', ' nobody'])),
      validUntilMs: this.#validUntilMs(wallet),
      nonce: prng.bytes(16),
    });
  }

  /**
   * By a clock that is right, which an owner's often is not. Where somebody pays out, it is the
   * owner's own; members, whose clocks are as wrong, then differ about whether it is over.
   */
  #validUntilMs(wallet: Process): bigint {
    const { plan, agenda } = this.#world;
    const prng = this.#withdrawals;
    if (plan.cash === undefined) {
      const rightMs = EPOCH_WALL_MS + agenda.nowMs;
      return BigInt(rightMs + prng.pick([0, 1, 60_000, 3_600_000]));
    }
    return BigInt(Math.floor(wallet.wallMs) + prng.pick([1, 10_000, 3_600_000, 80_000_000]));
  }

  /**
   * Whether its owner waits for a payment, asked about or signed. Now and then one is impatient:
   * what is not signed yet is given up by whatever is asked next, however much was answered.
   */
  #isPatient({ disk }: Process): boolean {
    return paymentState(disk).kind !== 'idle' && this.#prng.below(50) > 0;
  }

  /** An order to an account that the authorities have no room for could stay open for ever. */
  #payable(): readonly Uint8Array[] {
    const { cast, founding } = this.#world;
    const issued = new Set(founding.issuance.map(({ account }) => account));
    if (founding.mostAccounts > issued.size + cast.payable.length) return cast.payable;
    return cast.payable.filter((key) => issued.has(latin1(key)));
  }

  /** Gives the receipt of some payment to its payee. */
  #handOver(wallet: Process): void {
    const payments = [...wallet.disk.live].filter(([key]) => key[0] === 'P');
    const [payment] = this.#prng.some(payments, 1);
    if (payment === undefined) return;
    const command = { kind: 'deliver', certificate: payment[1].slice(8) } as const;
    this.#do(this.#prng.pick(this.#world.wallets), command);
  }

  #do(process: Process, command: Command): void {
    process.event({ kind: 'command', command });
  }

  #refresh(wallet: Process): void {
    const nonce = this.#asking.get(wallet) ?? this.#prng.bytes(16);
    if (this.#world.hasToRemember(wallet)) this.#asking.set(wallet, nonce);
    this.#do(wallet, { kind: 'refresh', nonce });
  }

  /** What it knows is confirmed: it has nothing to remember any more. */
  #remember(wallet: Process): void {
    if (!this.#world.hasToRemember(wallet)) return;
    const { network } = this.#world.cast;
    if (!isConfirmed(answersOf(wallet.disk, network, wallet.signer.publicKey))) return;
    this.#world.remembered(wallet);
    this.#asking.delete(wallet);
  }
}

/** What the wallet's own record says of a token; before the first payment, what was issued. */
function provenBalance(world: World, wallet: Process, token: number): bigint {
  const bytes = wallet.disk.live.get('W' as ByteKey);
  if (bytes !== undefined) {
    return readBalances(new Reader(bytes, 48)).get(token) ?? 0n;
  }
  const account = latin1(wallet.signer.publicKey);
  const issue = world.founding.issuance.find((each) => each.account === account);
  return issue?.amount ?? 0n;
}
