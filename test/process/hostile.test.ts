import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { MAX_FRAME_BYTES } from '../../agent/core/base/limits.ts';
import { refusalCodeOf } from '../../agent/core/base/refusal.ts';
import type { Epoch, MemberIndex } from '../../agent/core/base/units.ts';
import { encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import { orderHash, type SignedOrder, voteSigningBytes } from '../../agent/core/codec/order.ts';
import { signerFromSeed } from '../../agent/shell/keys.ts';
import { protocolName } from '../../agent/shell/net/tls.ts';
import { pause } from '../support/wait.ts';
import { startNetwork, type TestNetwork } from './network.ts';
import { transfer } from './orders.ts';
import { Probe } from './probe.ts';
import { openTestWallet, type TestWallet } from './wallet.ts';

/** Resident memory that a router can spare for one daemon, whatever others do to it. */
const MOST_RESIDENT_BYTES = 160 * 2 ** 20;

describe('a committee of real daemons among hostile clients', () => {
  let network: TestNetwork;
  let probe: Probe;
  let honest: TestWallet;

  before(async () => {
    network = await startNetwork({ authorities: 4, wallets: 12, config: { 'log.level': 'error' } });
    probe = new Probe(network);
    await probe.start();
    const signer = wallet(0);
    const addresses = network.nodes.map(({ address }) => address);
    honest = await openTestWallet(
      join(network.folder, 'honest'),
      network.network,
      signer,
      addresses,
    );
  });

  after(async () => {
    await honest.close();
    await probe.stop();
    await network.close();
  });

  function wallet(i: number): TestNetwork['wallets'][number] {
    const signer = network.wallets[i];
    assert.ok(signer !== undefined);
    return signer;
  }

  /** One authority's word on an order: 'vote', 'certificates', or the code of its refusal. */
  async function verdict(order: SignedOrder, member = 0): Promise<string> {
    const kinds: Message['TAG'][] = ['vote', 'orderRefusal', 'certificates', 'rejected'];
    const answer = probe.answer(member, ({ TAG }) => kinds.includes(TAG));
    probe.order(member, order);
    const message = await answer;
    if (message?.TAG === 'orderRefusal') return refusalCodeOf(message.data.verdict.code) ?? '?';
    if (message?.TAG === 'rejected') return refusalCodeOf(message.data.code) ?? '?';
    return message?.TAG ?? 'silence';
  }

  async function othersAreUnaffected(): Promise<void> {
    const { certificate } = await honest.pay(wallet(11).publicKey, 1n);
    assert.ok(certificate.votes.length >= 3);
    for (const node of network.nodes) {
      const { memory } = await node.control.request('status');
      assert.ok(memory.residentBytes < MOST_RESIDENT_BYTES, `${memory.residentBytes} bytes`);
    }
  }

  it('refuses by code what no order may be', async () => {
    const [payer, payee] = [wallet(1), wallet(2).publicKey];
    const net = network.network;
    const foreign = new Uint8Array(32).fill(7);
    const refused = {
      amount_zero: transfer(net, payer, payee, 0n),
      insufficient_balance: transfer(net, payer, payee, 100_001n),
      unknown_token: transfer(net, payer, payee, 1n, { token: 5 }),
      pays_itself: transfer(net, payer, payer.publicKey, 1n),
      missing_earlier: transfer(net, payer, payee, 1n, { sequence: 3n }),
      bad_signature: transfer(net, payer, payee, 1n, { networkId: foreign }),
    };
    for (const [code, order] of Object.entries(refused)) assert.equal(await verdict(order), code);
    const largest = transfer(net, payer, payee, 2n ** 128n - 1n);
    assert.equal(await verdict(largest), 'insufficient_balance');
    assert.throws(() => transfer(net, payer, payee, 2n ** 128n), 'no layout holds 2^128');
    await othersAreUnaffected();
  });

  it('answers two orders for one sequence with at most one vote an authority, and keeps the proof', async () => {
    const [payer, payee] = [wallet(3), wallet(4).publicKey];
    const [one, two] = [1n, 2n].map((amount) => transfer(network.network, payer, payee, amount));
    assert.ok(one !== undefined && two !== undefined);
    assert.equal(await verdict(one, 0), 'vote');
    assert.equal(await verdict(two, 0), 'order_pending');
    for (const member of [1, 2, 3]) await verdict(two, member);
    assert.deepEqual(probe.contradictions, []);
    for (const node of network.nodes) {
      await node.until(({ counters }) => counters.doubleSpends === 1, `${node.name} has the proof`);
    }
    await othersAreUnaffected();
  });

  it('answers a replay with the certificate, and another order for a used sequence by code', async () => {
    const [payer, payee] = [wallet(5), wallet(6).publicKey];
    const net = network.network;
    const order = transfer(net, payer, payee, 5n);
    const hash = orderHash(net.id, order.order);
    // Of the others: a vote of its own that it does not remember would end its voting.
    const votes = network.seeds.slice(1, 4).map((seed, i) => ({
      member: (i + 1) as MemberIndex,
      signature: signerFromSeed(Buffer.from(seed, 'hex')).sign(
        voteSigningBytes(net.id, 0 as Epoch, hash),
      ),
    }));
    const applied = probe.answer(0, ({ TAG }) => TAG === 'applied');
    probe.say(0, { TAG: 'certificate', data: { epoch: 0 as Epoch, order, votes } });
    assert.ok((await applied) !== undefined);
    assert.equal(await verdict(order), 'certificates');
    assert.equal(await verdict(transfer(net, payer, payee, 6n)), 'sequence_used');
    await othersAreUnaffected();
  });

  it('closes links that carry truncated, oversized or garbled messages', async () => {
    const sound = encode(frameCoder, {
      to: undefined,
      route: [],
      isPassedOn: false,
      message: {
        TAG: 'order',
        data: transfer(network.network, wallet(7), wallet(8).publicKey, 1n),
      },
    });
    const bad = [
      sound.subarray(0, 40),
      Uint8Array.from([...sound, 0]),
      new Uint8Array(MAX_FRAME_BYTES).fill(1),
      Uint8Array.of(255),
    ];
    for (const bytes of bad) {
      const stream = await rawStream(0);
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream.write(framed(bytes));
      await closed;
    }
    const stream = await rawStream(0);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.write(Buffer.from([0x00, 0x10, 0x00, 0x00]));
    await closed;
    await othersAreUnaffected();
  });

  it('cuts off a client that asks much and reads nothing', async () => {
    const stream = await rawStream(1);
    stream.pause();
    let open = true;
    stream.once('close', () => {
      open = false;
    });
    const question = framed(
      encode(frameCoder, {
        to: undefined,
        route: [],
        isPassedOn: false,
        message: { TAG: 'wayQuery', data: { nonce: new Uint8Array(16) } },
      }),
    );
    for (let i = 0; i < 400 && open; i++) {
      stream.write(Buffer.concat(Array.from({ length: 50 }, () => question)));
      await pause(5);
    }
    stream.destroy();
    await othersAreUnaffected();
  });

  /** A TLS stream to an authority, without anything of ours on this side. */
  function rawStream(member: number): Promise<TLSSocket> {
    const { host, port } = network.authority(member).address;
    return new Promise((resolve, reject) => {
      const stream = tlsConnect({
        host,
        port,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.3',
        ALPNProtocols: [protocolName(network.network.id)],
      });
      stream.once('secureConnect', () => resolve(stream));
      stream.once('error', reject);
      stream.on('error', () => {});
      stream.on('data', () => {});
    });
  }
});

function framed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
