/**
 * Hostile links: TLS as the protocol wants it, and behind it as many frames as the other side
 * takes.
 */
import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { encode } from '../../agent/core/codec/canonical.ts';
import { frameCoder, type Message } from '../../agent/core/codec/message.ts';
import type { Network } from '../../agent/core/network/genesis.ts';
import type { Address } from '../../agent/shell/net/address.ts';
import { PONG, wordBytes } from '../../agent/shell/net/framing.ts';
import { identityFromSeed } from '../../agent/shell/net/identity.ts';
import { protocolName } from '../../agent/shell/net/tls.ts';

export interface FloodLink {
  readonly socket: TLSSocket;
  /** Writes on and on, as fast as is read. */
  flood(message: Message): void;
  /** Whether more is written than the other side has taken. */
  readonly isHeldBack: boolean;
}

const BURST_FRAMES = 200;
const TEND_MS = 20;

/** Links to a node, from an address of this host, with the key of a seed or none. */
export function floodLink(
  network: Network,
  to: Address,
  from: string,
  seed?: Uint8Array,
): Promise<FloodLink> {
  const identity = seed === undefined ? undefined : identityFromSeed(seed);
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: connectTcp({ host: to.host, port: to.port, localAddress: from }),
      ...(identity && { cert: identity.certificate, key: identity.privateKey }),
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      ALPNProtocols: [protocolName(network.id)],
      servername: '',
    });
    let timer: NodeJS.Timeout | undefined;
    socket.once('error', reject);
    socket.once('close', () => clearInterval(timer));
    socket.once('data', () => {
      socket.on('error', () => undefined).on('data', () => undefined);
      socket.write(wordBytes(PONG));
      resolve({
        socket,
        flood(message) {
          const bytes = encode(frameCoder, {
            to: undefined,
            route: [],
            isPassedOn: false,
            message,
          });
          const frame = Buffer.concat([wordBytes(bytes.length), bytes]);
          const burst = Buffer.concat([
            wordBytes(PONG),
            ...Array<Buffer>(BURST_FRAMES).fill(frame),
          ]);
          timer = setInterval(() => {
            if (!socket.destroyed && socket.writableLength < 2 * burst.length) socket.write(burst);
          }, TEND_MS);
        },
        get isHeldBack() {
          return socket.writableLength > 0;
        },
      });
    });
  });
}
