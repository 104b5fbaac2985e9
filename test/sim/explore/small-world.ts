/**
 * A case made real: network, keys, signed orders, and each statement that can travel as a frame for
 * an authority. The statements of honest authorities are made here once more, because signatures
 * are deterministic; the search delivers one only after the core itself has sent it (automaton.ts).
 */

import type { Signer } from '../../../agent/core/base/crypto.ts';
import type {
  Amount,
  Epoch,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../../agent/core/base/units.ts';
import { encode } from '../../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../../agent/core/codec/message.ts';
import {
  type Certificate,
  type MemberSignature,
  orderCoder,
  orderHash,
  orderSigningBytes,
  type SignedOrder,
  signedOrderCoder,
  voteSigningBytes,
} from '../../../agent/core/codec/order.ts';
import { type Network, networkOf } from '../../../agent/core/network/genesis.ts';
import { memoLike } from '../../support/memos.ts';
import type { Case, Transfer } from './cases.ts';
import type { Names } from './record.ts';
import { Signatures } from './signatures.ts';

const TOKEN = 0 as TokenIndex;
const EPOCH = 0 as Epoch;

/** Everything of a case that does not change while it is searched. */
export class SmallWorld {
  readonly setting: Case;
  readonly network: Network;
  readonly signatures = new Signatures();
  readonly members: readonly Signer[];
  readonly wallets: readonly Signer[];
  readonly orders: readonly SignedOrder[];
  /** Pairs of different orders for one number, by their places. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly quorum: number;
  /** What the reader of disks has to know. */
  readonly names: Names;

  constructor(setting: Case) {
    this.setting = setting;
    this.members = Array.from({ length: setting.members }, (_, i) =>
      this.signatures.signer(`authority ${i}`),
    );
    this.wallets = setting.accounts.map(({ name }) => this.signatures.signer(name));
    this.network = networkOf({
      version: 1,
      name: 'small',
      nonce: new Uint8Array(16),
      members: this.members.map((signer, i) => ({ name: `auth-${i}`, key: signer.publicKey })),
      tokens: [{ symbol: 'HRS', decimals: 0, opens: 1n as Amount }],
      votesPerHour: 0,
      ledgers: [],
      issuance: setting.accounts.flatMap(({ issued }, i) =>
        issued === 0
          ? []
          : [{ account: this.walletKey(i), token: TOKEN, amount: BigInt(issued) as Amount }],
      ),
    });
    // The smallest number above two thirds (PROTOCOL: Faults and quorums), without the core.
    this.quorum = Math.ceil((2 * setting.members + 1) / 3);
    this.pairs = setting.orders.flatMap((one, i) =>
      setting.orders.flatMap((two, j): [number, number][] =>
        i < j && one.from === two.from && one.sequence === two.sequence ? [[i, j]] : [],
      ),
    );
    this.orders = setting.orders.map((transfer) => this.#sign(transfer));
    this.names = this.#names();
  }

  /** Members that follow the protocol: the first ones. */
  get honest(): number {
    return this.setting.members - this.setting.traitors;
  }

  walletKey(account: number): Uint8Array {
    return this.#signerAt(this.wallets, account).publicKey;
  }

  order(index: number): SignedOrder {
    const order = this.orders[index];
    if (order === undefined) throw new RangeError(`the case has no order ${index}`);
    return order;
  }

  /** The vote of a member for an order; `signer` other than the member's makes it a forgery. */
  voteOf(member: number, signed: SignedOrder, signer = member, epoch = EPOCH): MemberSignature {
    const hash = orderHash(this.network.id, signed.order);
    const bytes = voteSigningBytes(this.network.id, epoch, hash);
    const signature = this.#signerAt(this.members, signer).sign(bytes);
    return { member: member as MemberIndex, signature };
  }

  /** The certificate of an order with the votes of these members. */
  certificate(signed: SignedOrder, members: readonly number[], epoch = EPOCH): Certificate {
    const votes = members.map((member) => this.voteOf(member, signed, member, epoch));
    return { epoch, order: signed, votes };
  }

  /** Sets of members whose votes a certificate may have: every quorum, or one with the traitors. */
  voteSets(): number[][] {
    const { members, everyQuorum } = this.setting;
    const last = Array.from({ length: this.quorum }, (_, i) => members - this.quorum + i);
    if (!everyQuorum) return [last];
    return Array.from({ length: 2 ** members }, (_, set) =>
      Array.from({ length: members }, (__, i) => i).filter((i) => (set >> i) & 1),
    ).filter((set) => set.length >= this.quorum);
  }

  frame(message: Message): Uint8Array {
    return encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
  }

  #names(): Names {
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
    return {
      networkId: text(this.network.id),
      members: this.members.map(({ publicKey }) => text(publicKey)),
      accounts: this.wallets.map(({ publicKey }) => text(publicKey)),
      orders: this.setting.orders.map(({ from, to, sequence }, i) => ({
        signed: text(encode(signedOrderCoder, this.order(i))),
        unsigned: text(encode(orderCoder, this.order(i).order)),
        account: from,
        recipient: to,
        sequence,
      })),
      pairs: this.pairs,
      votes: this.orders.map((order) =>
        this.members.map((_, member) => text(this.voteOf(member, order).signature)),
      ),
      quorum: this.quorum,
    };
  }

  #sign(transfer: Transfer): SignedOrder {
    const { from, to, sequence, amount, name } = transfer;
    const payer = this.#signerAt(this.wallets, from);
    const data = {
      recipient: this.walletKey(to),
      token: TOKEN,
      amount: BigInt(amount) as Amount,
      memo: memoLike(name),
    };
    const order = {
      account: payer.publicKey,
      sequence: BigInt(sequence) as Sequence,
      action: { TAG: 'transfer' as const, data },
    };
    return { order, signature: payer.sign(orderSigningBytes(this.network.id, order)) };
  }

  #signerAt(signers: readonly Signer[], index: number): Signer {
    const signer = signers[index];
    if (signer === undefined) throw new RangeError(`the case has no number ${index}`);
    return signer;
  }
}
