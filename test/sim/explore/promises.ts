/**
 * What must hold in every state (PROTOCOL: Transfers), judged from the orders of the case, the
 * votes that left the authorities and what their disks say. Nothing here is taken from the core.
 */
import type { Case, Transfer } from './cases.ts';
import { type Disk, NONE, type View } from './record.ts';
import { promise } from './violation.ts';

/**
 * What matters of one honest authority: its disk, and for which orders its vote is in the world.
 */
export interface Part {
  readonly disk: Disk;
  readonly voted: number;
}

export class Promises {
  readonly #setting: Case;
  readonly #quorum: number;
  /** For each order, the others that have its number. */
  readonly #rivals: readonly number[];

  constructor(setting: Case, quorum: number) {
    this.#setting = setting;
    this.#quorum = quorum;
    this.#rivals = setting.orders.map((order, i) =>
      setting.orders.reduce(
        (set, other, j) => set | (i !== j && isSameNumber(order, other) ? 1 << j : 0),
        0,
      ),
    );
  }

  /** The orders that have votes of a quorum, the traitors' counted for each. */
  certified(voted: readonly number[]): number {
    let set = 0;
    for (let order = 0; order < this.#setting.orders.length; order++) {
      const honest = voted.filter((votes) => (votes >> order) & 1).length;
      if (honest + this.#setting.traitors >= this.#quorum) set |= 1 << order;
    }
    return set;
  }

  /** Promises about one authority by itself. */
  checkPart({ disk: { view }, voted }: Part): void {
    const { accounts, orders } = this.#setting;
    this.#forEach(voted, (order, i) => {
      const rival = voted & (this.#rivals[i] ?? 0);
      promise(rival === 0, 'VotesNeverContradict', `votes for ${order.name} and a rival of it`);
      const payer = view.accounts[order.from];
      const isKept = payer?.pending === i || (payer?.next ?? 0) > order.sequence;
      promise(isKept || !view.votes, 'VotesAreOnDisk', `the vote for ${order.name} is forgotten`);
    });
    const balances = this.#balances(view.applied);
    view.accounts.forEach((account, i) => {
      const { name } = accounts[i] ?? { name: '' };
      const isRight = account.balance === balances[i];
      promise(isRight, 'LedgerIsItsCertificates', `${name} has ${account.balance}`);
      const pending = orders[account.pending];
      const isInTurn = pending?.from === i && pending.sequence === account.next;
      const isSound = account.pending === NONE || isInTurn;
      promise(isSound, 'PendingIsInTurn', `${name} has ${pending?.name} pending`);
      const isContested = orders.some(
        ({ from }, order) => from === i && view.conflicts.some((set) => (set >> order) & 1),
      );
      promise(account.frozen === isContested, 'FrozenByConflict', `${name}, ${account.frozen}`);
    });
    const sum = view.accounts.reduce((total, { balance }) => total + balance, 0);
    const issued = accounts.reduce((total, account) => total + account.issued, 0);
    promise(sum === issued, 'SumIsConserved', `${sum} of ${issued}`);
  }

  /** Promises about all authorities together. */
  checkAll(parts: readonly Part[], certified: number): void {
    if (this.#setting.isAftermath) return;
    this.#forEach(certified, ({ name }, i) => {
      const rival = certified & (this.#rivals[i] ?? 0);
      promise(rival === 0, 'OneCertificate', `${name} and a rival of it both have a quorum`);
    });
    const total = this.#balances(certified);
    total.forEach((balance, i) => {
      const { name } = this.#setting.accounts[i] ?? { name: '' };
      promise(balance >= 0, 'NobodyOverspends', `${name} would end with ${balance}`);
    });
    const ledgers = new Map<number, string>();
    for (const { disk } of parts) {
      const { applied } = disk.view;
      promise((applied & ~certified) === 0, 'OnlyCertified', 'what is applied is certified');
      this.#checkDebts(disk.view, certified & ~applied);
      const other = ledgers.get(applied) ?? disk.ledger;
      promise(other === disk.ledger, 'SameCertificatesSameLedger', 'two ledgers differ');
      ledgers.set(applied, disk.ledger);
    }
  }

  /** When everyone has been given everything. */
  checkSettled(settled: readonly Part[], certified: number): void {
    if (this.#setting.isAftermath) {
      this.#checkAlarm(settled, certified);
      return;
    }
    for (const { disk } of settled) {
      promise(disk.view.applied === certified, 'EveryoneIsPaid', 'all certificates can be applied');
      const isDebtFree = disk.view.accounts.every(({ balance }) => balance >= 0);
      promise(isDebtFree, 'SettledIsSound', 'no balance stays below zero');
    }
    const ledgers = new Set(settled.map(({ disk }) => disk.ledger));
    promise(ledgers.size === 1, 'SettledIsSound', 'all ledgers end alike');
  }

  /** What one authority says: nothing about an account of which two certificates are known. */
  checkVotes({ view }: Disk, votes: number): void {
    this.#forEach(votes, ({ name, from }) => {
      promise(view.accounts[from]?.frozen === false, 'FrozenNeverVotes', `a vote for ${name}`);
    });
  }

  /** A certificate whose turn it is gets applied, whatever the balances. */
  checkTaken(before: Disk, after: Disk, orders: readonly number[]): void {
    const certified = orders.reduce((set, order) => set | (1 << order), 0);
    this.#forEach(certified, ({ name, from, sequence }) => {
      const isInTurn = before.view.accounts[from]?.next === sequence;
      const isTaken = after.view.accounts[from]?.next === sequence + 1;
      promise(!isInTurn || isTaken, 'CatchUpIsNeverStuck', `${name} is not applied in its turn`);
    });
  }

  /**
   * Two authorities that compared their ledgers have both all certificates, or know of a conflict.
   */
  checkMet(before: readonly Part[], after: readonly Part[]): void {
    const both = before.reduce((set, { disk }) => set | disk.view.applied, 0);
    for (const { disk } of after) {
      const { applied, accounts } = disk.view;
      this.#forEach(both & ~applied, ({ name, from }, i) => {
        const isContested = (both & (this.#rivals[i] ?? 0)) !== 0;
        promise(isContested, 'MeetingsConverge', `${name} is still missing`);
        promise(accounts[from]?.frozen === true, 'ConflictsComeOut', `${name} and a rival`);
      });
    }
  }

  /** After promises broke: whoever was given two certificates for one number is alarmed. */
  #checkAlarm(settled: readonly Part[], certified: number): void {
    this.#forEach(certified, ({ name, from }, i) => {
      if ((certified & (this.#rivals[i] ?? 0)) === 0) return;
      for (const { disk } of settled) {
        const { frozen } = disk.view.accounts[from] ?? { frozen: false };
        promise(frozen, 'ConflictsComeOut', `${name} and a rival are certified`);
      }
    });
  }

  /** Debt is income on its way: certified, and not yet applied here. */
  #checkDebts(view: View, underway: number): void {
    const income = this.#setting.accounts.map(() => 0);
    this.#forEach(underway, ({ to, amount }) => {
      income[to] = (income[to] ?? 0) + amount;
    });
    view.accounts.forEach(({ balance }, i) => {
      const isCovered = balance + (income[i] ?? 0) >= 0;
      promise(isCovered, 'DebtIsIncomeOnItsWay', `a balance of ${balance}`);
    });
  }

  #balances(certified: number): number[] {
    const balances = this.#setting.accounts.map(({ issued }) => issued);
    this.#forEach(certified, ({ from, to, amount }) => {
      balances[from] = (balances[from] ?? 0) - amount;
      balances[to] = (balances[to] ?? 0) + amount;
    });
    return balances;
  }

  #forEach(set: number, visit: (order: Transfer, i: number) => void): void {
    this.#setting.orders.forEach((order, i) => {
      if ((set >> i) & 1) visit(order, i);
    });
  }
}

function isSameNumber(one: Transfer, two: Transfer): boolean {
  return one.from === two.from && one.sequence === two.sequence;
}
