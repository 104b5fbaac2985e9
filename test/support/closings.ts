/** A world of authorities in which sequences of alice's account are closed, for tests. */
import assert from 'node:assert/strict';
import { sha256 } from '../../agent/core/base/crypto.ts';
import type { Epoch, MemberIndex, Sequence } from '../../agent/core/base/units.ts';
import { ballotBodyCoder, type Decision } from '../../agent/core/codec/agreement.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import {
  type ClosingPlace,
  type ClosingRequest,
  closingValueCoder,
  placeCoder,
  statementBodyCoder,
} from '../../agent/core/codec/closing.ts';
import type { Message } from '../../agent/core/codec/message.ts';
import { type Certificate, orderHash, type SignedOrder } from '../../agent/core/codec/order.ts';
import type { Account } from '../../agent/core/codec/record.ts';
import { signingBytes } from '../../agent/core/network/signing.ts';
import { recordAt } from '../../agent/core/space.ts';
import { SPACES } from '../../agent/core/spaces.ts';
import { ask, certificateOf, orderOf } from './forge.ts';
import { digestOf } from './ledger.ts';
import { HRS, type Place, World, type WorldOptions } from './world.ts';

/** The decision of a world's members that nobody of three voted for anything at this place. */
export function closedBy(world: World, place: ClosingPlace): Decision {
  const epoch = 0 as Epoch;
  const { id } = world.network;
  const members = [0, 1, 2].map((n) => ({
    member: n as MemberIndex,
    ...world.place(`auth-${n}`).signer,
  }));
  const stated = encode(statementBodyCoder, { place, voted: undefined });
  const statements = members.map(({ member, sign }) => {
    return {
      member,
      voted: undefined,
      signature: sign(signingBytes('closing_statement', id, epoch, stated)),
    };
  });
  const value = encode(closingValueCoder, { epoch, statements, orders: [] });
  const subject = { TAG: 'closing', data: { ...place, turn: 1 } } as const;
  const body = encode(ballotBodyCoder, { subject, round: 0, value: sha256(value) });
  const precommits = members.map(({ member, sign }) => {
    return { member, signature: sign(signingBytes('precommit', id, epoch, body)) };
  });
  return { epoch, subject, round: 0, value, precommits };
}

/** What a member states, signed with its key, of an order that it voted for or none. */
export function statementOf(
  world: World,
  member: MemberIndex,
  { place, cause }: ClosingRequest,
  voted: SignedOrder | undefined,
): Message {
  const epoch = 0 as Epoch;
  const hash = voted && orderHash(world.network.id, voted.order);
  const body = encode(statementBodyCoder, { place, voted: hash });
  const bytes = signingBytes('closing_statement', world.network.id, epoch, body);
  const signature = world.place(`auth-${member}`).signer.sign(bytes);
  return { TAG: 'closingStatement', data: { epoch, member, place, voted, signature, cause } };
}

export class Closings extends World {
  readonly #silent = new Set<string>();

  constructor(options: WorldOptions = {}) {
    super({ wallets: ['alice', 'bob', 'carol'], ...options });
    this.connectAll();
    // They vouch for each other first.
    this.pass(1_000);
    this.onFrame = (from, to) => !this.#silent.has(from.name) && !this.#silent.has(to.name);
  }

  /** These members hear nothing and say nothing. */
  silence(...members: readonly number[]): void {
    for (const member of members) this.#silent.add(`auth-${member}`);
  }

  /** Everybody hears and says everything again. */
  hear(): void {
    this.#silent.clear();
  }

  order(to: string, amount: bigint, sequence = 0n): SignedOrder {
    return orderOf(this, 'alice', to, { amount, sequence });
  }

  /** Whether a member votes for an order; the others hear nothing of it. */
  vote(member: number, order: SignedOrder): boolean {
    const [answer] = ask(this, this.place(`auth-${member}`), { TAG: 'order', data: order });
    this.loseThose(() => true);
    return answer?.TAG === 'vote';
  }

  /** Two orders for one sequence, which two members each voted for. */
  split(first: bigint, second: bigint): readonly [SignedOrder, SignedOrder] {
    const orders = [this.order('bob', first), this.order('carol', second)] as const;
    orders.forEach((order, i) => {
      for (const member of [2 * i, 2 * i + 1]) assert.equal(this.vote(member, order), true);
    });
    return orders;
  }

  /** A wish of one account's key, about a sequence of another, or its own. */
  wishOf(signer: string, { of, sequence }: { of: string; sequence: bigint }): ClosingRequest {
    const account = this.place(of).signer.publicKey;
    const place = { account, sequence: sequence as Sequence };
    const bytes = signingBytes('closing', this.network.id, encode(placeCoder, place));
    return { place, cause: { TAG: 'wish', data: this.place(signer).signer.sign(bytes) } };
  }

  proofOf(first: SignedOrder, second: SignedOrder): ClosingRequest {
    const { account, sequence } = first.order;
    return { place: { account, sequence }, cause: { TAG: 'proof', data: { first, second } } };
  }

  /** Asks every member that hears anything. */
  request(from: string, data: ClosingRequest): void {
    for (const place of this.authorities) {
      if (this.#silent.has(place.name)) continue;
      const message = { TAG: 'closingRequest', data } as const;
      this.inject(from, place.name, { to: undefined, route: [], isPassedOn: false, message });
    }
    this.run();
  }

  /** A message that a place makes up arrives over its link. */
  bring(from: string, to: string, message: Message): void {
    this.inject(from, to, { to: undefined, route: [], isPassedOn: false, message });
    this.run();
  }

  /** What is kept aside of alice's money. */
  reservedAt(name: string): bigint {
    const { reserved = [] } = this.account(this.place(name)) ?? {};
    return reserved.find(({ token }) => token === HRS)?.balance ?? 0n;
  }

  /** That these members hold one ledger, in which nothing is kept aside any more if it `isPaid`. */
  consistent(members: readonly number[], isPaid: boolean): void {
    const names = members.map((member) => `auth-${member}`);
    assert.equal(new Set(names.map((name) => digestOf(this, name))).size, 1, 'one ledger');
    if (isPaid) for (const name of names) assert.equal(this.reservedAt(name), 0n, name);
  }

  certificate(order: SignedOrder, members: readonly number[]): Certificate {
    return certificateOf(this, order, members);
  }

  /** Somebody brings a certificate to a member, which tells nobody if nobody `listens`. */
  show(to: string, certificate: Certificate, listens = true): void {
    ask(this, this.place(to), { TAG: 'certificate', data: certificate });
    if (listens) this.run();
    else this.loseThose(() => true);
  }

  /** Alice's order with this sequence is voted for and certified, wherever it is heard. */
  payNow(_from: string, amount: bigint, sequence: bigint, members = [0, 1, 2, 3]): void {
    const order = this.order('bob', amount, sequence);
    for (const member of members) assert.equal(this.vote(member, order), true, `auth-${member}`);
    for (const member of members) this.show(`auth-${member}`, this.certificate(order, members));
  }

  account({ state }: Place, of = 'alice'): Account | undefined {
    const key = this.place(of).signer.publicKey;
    return recordAt({ get: (each) => state.get(each) }, SPACES.account.at(key));
  }

  /** What a member holds of alice's order with this sequence. */
  certified({ state }: Place, sequence: bigint): Certificate | undefined {
    const read = { get: (key: Parameters<typeof state.get>[0]) => state.get(key) };
    const at = SPACES.certificateAt.at(this.place('alice').signer.publicKey, sequence as Sequence);
    const number = recordAt(read, at);
    const entry = number === undefined ? undefined : recordAt(read, SPACES.journal.at(number));
    return entry?.fact.TAG === 'certificate' ? entry.fact.data : undefined;
  }

  /** That these members hold one ledger, and this of alice in it. */
  agree(
    expected: { readonly next: bigint; readonly balance: bigint; readonly reserved: bigint },
    members: readonly number[] = [0, 1, 2, 3],
  ): void {
    for (const member of members) {
      const record = this.account(this.place(`auth-${member}`));
      const of = (list: Account['balances'] | undefined): bigint =>
        list?.find(({ token }) => token === HRS)?.balance ?? 0n;
      const found = {
        next: record?.next ?? 0n,
        balance: of(record?.balances),
        reserved: of(record?.reserved),
      };
      assert.deepEqual(found, expected, `auth-${member}`);
    }
    const digests = new Set(members.map((member) => digestOf(this, `auth-${member}`)));
    assert.equal(digests.size, 1, 'all hold the same ledger');
  }

  /** A wallet has the sequence of its order closed. */
  close(name: string, by: 'wish' | 'proof'): void {
    this.event(this.place(name), { kind: 'command', command: { kind: 'close', by } });
    this.run();
  }

  wallet(name: string): { next: bigint; balance: bigint; live: boolean } {
    const { state } = this.place(name);
    const read = { get: (key: Parameters<typeof state.get>[0]) => state.get(key) };
    const record = recordAt(read, SPACES.wallet);
    const balance = record?.balances.find(({ token }) => token === HRS)?.balance ?? 0n;
    const live = recordAt(read, SPACES.liveOrder) !== undefined;
    return { next: record?.next ?? 0n, balance, live };
  }
}
