/**
 * What the size of a committee costs one authority, without disk and network: an order that it
 * votes for, the gossip of all others about it, its certificate. The processor alone, one core.
 */
import { performance } from 'node:perf_hooks';
import { takeGossip } from '../../agent/core/authority/order.ts';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type {
  Amount,
  Epoch,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import { decode, encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import {
  type Certificate,
  certificateCoder,
  type Order,
  orderHash,
  orderSigningBytes,
  type SignedOrder,
  voteSigningBytes,
} from '../../agent/core/codec/order.ts';
import { Draft } from '../../agent/core/draft.ts';
import type { Event } from '../../agent/core/io.ts';
import { memberOf } from '../../agent/core/mesh/links.ts';
import { quorumOf } from '../../agent/core/network/committee.ts';
import { type Network, networkOf } from '../../agent/core/network/genesis.ts';
import { createNode } from '../../agent/core/node.ts';
import type { AuthoritySetup } from '../../agent/core/setup.ts';
import { signerFromSeed } from '../../agent/shell/keys.ts';
import { createVerify } from '../../agent/shell/verify.ts';
import { type Figure, median } from './machine.ts';

const PAYMENTS = 200;
const CLIENT = 9_999n as LinkId;
const STAMP = { nowMs: 1, wallMs: 1 };

function signerNamed(kind: number, n: number) {
  return signerFromSeed(
    Uint8Array.from({ length: 32 }, (_, i) => (i < 2 ? ([kind, n][i] ?? 0) : 7)),
  );
}

function frameOf(message: Message): Uint8Array {
  return encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
}

/** One authority with links to all others, in memory. */
class Authority {
  readonly state = new Map<ByteKey, Uint8Array>();
  readonly setup: AuthoritySetup;
  readonly #node;

  constructor(network: Network, members: readonly ReturnType<typeof signerNamed>[]) {
    const sign = members[0]?.sign ?? (() => new Uint8Array());
    this.setup = { network, verify: createVerify(), authority: { member: 0 as MemberIndex, sign } };
    this.#node = createNode(this.setup);
    this.step({ kind: 'start', seed: new Uint8Array(16) } as Event);
    members.forEach(({ publicKey: peerKey }, i) => {
      if (i > 0) this.step({ kind: 'link_up', link: BigInt(i) as LinkId, peerKey, wanted: true });
    });
  }

  step(event: Event): void {
    const read = { get: (key: ByteKey) => this.state.get(key) };
    for (const { key, value } of this.#node.step(event, STAMP, read).writes) {
      if (value === undefined) this.state.delete(key);
      else this.state.set(key, value);
    }
  }

  hear(link: LinkId, bytes: Uint8Array): void {
    this.step({ kind: 'frame', link, bytes });
  }

  /** What the same gossip costs without a look at its bytes. */
  hearDecoded(link: LinkId, bytes: Uint8Array): void {
    const draft = new Draft({ get: (key) => this.state.get(key) }, STAMP);
    const frame = decode(frameCoder, bytes);
    if (isRefusal(frame) || frame.message.TAG !== 'gossip') throw new Error('no gossip');
    const from = { link, route: [], speaker: memberOf(draft, link) };
    takeGossip(draft, this.setup, from, frame.message.data);
  }
}

function found(size: number) {
  const members = Array.from({ length: size }, (_, n) => signerNamed(1, n));
  const payer = signerNamed(2, 0);
  const network = networkOf({
    version: 1,
    name: 'bench',
    nonce: new Uint8Array(16),
    members: members.map(({ publicKey: key }, n) => ({ name: `m${n}`, key })),
    tokens: [{ symbol: 'HRS', decimals: 2, opens: 1n }],
    votesPerHour: 0,
    ledgers: [],
    issuance: [
      { account: payer.publicKey, token: 0 as TokenIndex, amount: 1_000_000_000n as Amount },
    ],
  } as Parameters<typeof networkOf>[0]);
  const recipient = signerNamed(2, 1).publicKey;
  const orders = Array.from({ length: PAYMENTS }, (_, n): SignedOrder => {
    const data = {
      recipient,
      token: 0 as TokenIndex,
      amount: 1n as Amount,
      memo: new Uint8Array(),
    };
    const sequence = BigInt(n) as Sequence;
    const order: Order = { account: payer.publicKey, sequence, action: { TAG: 'transfer', data } };
    return { order, signature: payer.sign(orderSigningBytes(network.id, order)) };
  });
  const certificates = orders.map((order): Certificate => {
    const bytes = voteSigningBytes(network.id, 0 as Epoch, orderHash(network.id, order.order));
    const votes = members.slice(0, quorumOf(size)).map(({ sign }, member) => {
      return { member: member as MemberIndex, signature: sign(bytes) };
    });
    return { epoch: 0 as Epoch, order, votes };
  });
  return { members, network, orders, certificates };
}

const PARTS = ['order', 'gossip', 'decoded', 'certificate'] as const;
type Part = (typeof PARTS)[number];

/** Microseconds of a payment's parts at one authority of a committee of this size. */
function measure(size: number) {
  const { members, network, orders, certificates } = found(size);
  const authority = new Authority(network, members);
  const spent = { order: [], gossip: [], decoded: [], certificate: [] } as Record<Part, number[]>;
  const timed = (part: Part, act: () => void): void => {
    const begun = performance.now();
    act();
    spent[part].push((performance.now() - begun) * 1_000);
  };
  const others = Array.from({ length: size - 1 }, (_, i) => BigInt(i + 1) as LinkId);
  orders.forEach((data, n) => {
    const [order, gossip] = [frameOf({ TAG: 'order', data }), frameOf({ TAG: 'gossip', data })];
    const certificate = frameOf({ TAG: 'certificate', data: certificates[n] ?? never() });
    timed('order', () => authority.hear(CLIENT, order));
    for (const link of others) timed('gossip', () => authority.hear(link, gossip));
    for (const link of others) timed('decoded', () => authority.hearDecoded(link, gossip));
    timed('certificate', () => authority.hear(CLIENT, certificate));
  });
  const bytes = encode(certificateCoder, certificates[0] ?? never()).length;
  // The middle one of many: what else this machine does comes in bursts.
  const [orderUs, gossipUs, decodedUs, certificateUs] = PARTS.map((part) => median(spent[part]));
  const rest = (orderUs ?? 0) + (certificateUs ?? 0);
  const shareOf = (us = 0) => (100 * us * others.length) / (us * others.length + rest);
  return { orderUs, gossipUs, decodedUs, certificateUs, bytes, shareOf };
}

function never(): never {
  throw new Error('there are as many certificates as orders');
}

/** The figures of committees of 4, 10, 19 and 31. */
export function committees(): Figure[] {
  measure(4); // The engine compiles first.
  return [4, 10, 19, 31].flatMap((size): Figure[] => {
    const { orderUs = 0, gossipUs = 0, decodedUs = 0, certificateUs = 0, ...rest } = measure(size);
    const of = `${size} members:`;
    return [
      { what: `${of} orders voted for`, value: 1e6 / orderUs, unit: '/s' },
      { what: `${of} certificates applied`, value: 1e6 / certificateUs, unit: '/s' },
      { what: `${of} a certificate`, value: rest.bytes, unit: 'bytes' },
      {
        what: `${of} gossip that is known`,
        value: gossipUs,
        unit: 'us',
        goal: '<= 8',
        note: `${decodedUs.toFixed(1)} us when it is decoded and hashed`,
      },
      {
        what: `${of} gossip's share of the processor`,
        value: rest.shareOf(gossipUs),
        unit: '%',
        note: `${rest.shareOf(decodedUs).toFixed(1)} % when it is decoded and hashed`,
      },
    ];
  });
}
