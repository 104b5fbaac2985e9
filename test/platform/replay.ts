/** A netlink transport that answers with datagrams which were captured from a real kernel. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { success } from '../../platform/fault.ts';
import type { OpenTransport, RawSocket } from '../../platform/netlink/socket.ts';

export interface Exchange {
  readonly protocol: number;
  readonly request: string;
  readonly datagrams: readonly string[];
}

export interface Vectors {
  readonly exchanges: readonly Exchange[];
  readonly events: readonly { readonly protocol: number; readonly datagram: string }[];
  /** What `iw` and `ip` printed in the same moment, by command line. */
  readonly text: Readonly<Record<string, string>>;
  readonly iwEvent: string;
}

type Listener = (datagram: Uint8Array, sender: { readonly port: number }) => void;

/** Sources stay in the tree; compiled tests run below dist/. */
const FILE = new URL('../../../test/platform/vectors/linux-6.1-hwsim.json', import.meta.url);

export const VECTORS = JSON.parse(readFileSync(FILE, 'utf8')) as Vectors;

const SEQUENCE_OFFSET = 8;
const HEADER_BYTES = 16;

/**
 * Opens replaying transports. `alter` may spoil each datagram before it is delivered; `emit` gives
 * the multicast datagrams of a protocol to all open transports, from the kernel (port 0) or
 * another.
 */
export function replay(alter: (datagram: Buffer) => Buffer = (datagram) => datagram): {
  readonly open: OpenTransport;
  readonly emit: (protocol: number, datagram: Uint8Array, port?: number) => void;
} {
  const listeners: { protocol: number; listener: Listener }[] = [];
  return {
    open: async (protocol) => success(transport(protocol)),
    emit: (protocol, datagram, port = 0) => {
      for (const entry of listeners) {
        if (entry.protocol === protocol) entry.listener(datagram, { port });
      }
    },
  };

  function transport(protocol: number): RawSocket {
    let receive: (datagram: Uint8Array) => void = () => {};
    return {
      on(event: string, listener: (...values: never[]) => void) {
        if (event !== 'message') return;
        const heard = listener as Listener;
        receive = (datagram) => heard(datagram, { port: 0 });
        listeners.push({ protocol, listener: heard });
      },
      send(datagram) {
        const request = Buffer.from(datagram);
        const exchange = VECTORS.exchanges.find((each) => {
          return (
            each.protocol === protocol && sameRequest(Buffer.from(each.request, 'hex'), request)
          );
        });
        assert.ok(exchange !== undefined, `no vector for ${request.toString('hex')}`);
        const sequence = request.readUInt32LE(SEQUENCE_OFFSET);
        for (const text of exchange.datagrams) {
          const answer = alter(resequenced(Buffer.from(text, 'hex'), sequence));
          setImmediate(() => receive(answer));
        }
      },
      addMembership() {},
      unref() {},
      close() {},
    };
  }
}

/** The same but for the sequence number. */
function sameRequest(left: Buffer, right: Buffer): boolean {
  const head = left.subarray(0, SEQUENCE_OFFSET).equals(right.subarray(0, SEQUENCE_OFFSET));
  return head && left.subarray(HEADER_BYTES).equals(right.subarray(HEADER_BYTES));
}

function resequenced(datagram: Buffer, sequence: number): Buffer {
  for (let offset = 0; offset + HEADER_BYTES <= datagram.length; ) {
    datagram.writeUInt32LE(sequence, offset + SEQUENCE_OFFSET);
    offset += Math.max(HEADER_BYTES, (datagram.readUInt32LE(offset) + 3) & ~3);
  }
  return datagram;
}
