/**
 * The load of throughput.ts, in a process of its own: signs everything first, then keeps a fixed
 * number of frames in flight and counts the answers.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { hex } from '@scure/base';
import type { Signer } from '../../agent/core/base/crypto.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import type {
  Amount,
  Epoch,
  LinkId,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import { decodeOwn, encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import {
  orderHash,
  orderSigningBytes,
  type SignedOrder,
  voteSigningBytes,
} from '../../agent/core/codec/order.ts';
import type { Network } from '../../agent/core/network/genesis.ts';
import { networkFromJson } from '../../agent/core/network/genesis-json.ts';
import { asFounded } from '../../agent/core/views.ts';
import { signerFromSeed } from '../../agent/shell/keys.ts';
import { identityFromSeed } from '../../agent/shell/net/identity.ts';
import { createLinks, type Links } from '../../agent/shell/net/links.ts';
import type { DriverResult, DriverTask } from './throughput.ts';

function signedOrders(network: Network, wallets: readonly Signer[]): SignedOrder[] {
  return wallets.map((wallet, i) => {
    const recipient = (wallets[(i + 1) % wallets.length] ?? wallet).publicKey;
    const data = {
      recipient,
      token: 0 as TokenIndex,
      amount: 5n as Amount,
      memo: new Uint8Array(),
    };
    const action = { TAG: 'transfer' as const, data };
    const order = { account: wallet.publicKey, sequence: 0n as Sequence, action };
    return { order, signature: wallet.sign(orderSigningBytes(network.id, order)) };
  });
}

function frameOf(message: Message): Uint8Array {
  return encode(frameCoder, { to: undefined, route: [], isPassedOn: false, message });
}

function certificateFrame(
  network: Network,
  members: readonly Signer[],
  order: SignedOrder,
): Uint8Array {
  const hash = orderHash(network.id, order.order);
  const votes = members.slice(0, 3).map(({ sign }, member) => ({
    member: member as MemberIndex,
    signature: sign(voteSigningBytes(network.id, 0 as Epoch, hash)),
  }));
  return frameOf({ TAG: 'certificate', data: { epoch: 0 as Epoch, order, votes } });
}

/** A link to the authority that answers are counted on. */
class Target {
  #links: Links | undefined;
  #link: LinkId | undefined;
  #onAnswer: (message: Message) => void = () => {};

  async connect(network: Network, task: DriverTask): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const links = createLinks({
        network: network.id,
        identity: identityFromSeed(hex.decode(task.seeds[1] ?? '')),
        members: asFounded(network).committee.members,
        listen: [],
        wanted: [
          { host: task.host, port: task.port, key: asFounded(network).committee.members[0]?.key },
        ],
        dialFound: 0,
        emit: (event) => {
          if (event.kind === 'link_up') {
            this.#link = event.link;
            resolve();
          } else if (event.kind === 'frame') {
            this.#onAnswer(decodeOwn(frameCoder, event.bytes).message);
          }
          return true;
        },
      });
      this.#links = links;
      links.start().catch(reject);
    });
  }

  /** Sends all frames with so many in flight; answers a second, and those that were not wanted. */
  run(
    frames: readonly Uint8Array[],
    inFlight: number,
    wanted: Message['TAG'],
  ): Promise<[number, number]> {
    return new Promise((resolve) => {
      let sent = 0;
      let answered = 0;
      let refused = 0;
      const begun = performance.now();
      const send = (): void => {
        const bytes = frames[sent++];
        if (bytes !== undefined && this.#link !== undefined)
          this.#links?.send({ link: this.#link, bytes });
      };
      this.#onAnswer = ({ TAG }) => {
        // The authority also speaks to its peer on its own account.
        if (TAG !== wanted && TAG !== 'orderRefusal' && TAG !== 'rejected') return;
        if (TAG !== wanted) refused++;
        answered++;
        send();
        if (answered < frames.length) return;
        resolve([(answered * 1_000) / (performance.now() - begun), refused]);
      };
      for (let i = 0; i < inFlight; i++) send();
    });
  }

  async close(): Promise<void> {
    await this.#links?.stop();
  }
}

async function main(task: DriverTask): Promise<DriverResult> {
  const network = networkFromJson(JSON.parse(readFileSync(task.genesisFile, 'utf8')));
  if (isRefusal(network)) throw new Error(network.refused);
  const members = task.seeds.map((seed) => signerFromSeed(hex.decode(seed)));
  const orders = signedOrders(
    network,
    task.walletSeeds.map((seed) => signerFromSeed(hex.decode(seed))),
  );
  const orderFrames = orders.map((data) => frameOf({ TAG: 'order', data }));
  const certificateFrames = orders.map((order) => certificateFrame(network, members, order));
  const target = new Target();
  await target.connect(network, task);
  const [ordersPerSecond, ordersRefused] = await target.run(orderFrames, task.inFlight, 'vote');
  const [certificatesPerSecond, refused] = await target.run(
    certificateFrames,
    task.inFlight,
    'applied',
  );
  await target.close();
  return { ordersPerSecond, certificatesPerSecond, refused: ordersRefused + refused };
}

process.once('message', (task) => {
  main(task as DriverTask).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});
