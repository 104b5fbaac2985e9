/**
 * One attempt to reach an address, over TCP and datagrams (transport.ts). The second way starts
 * when the first has not come through the handshake after `dialRaceMs`, or after `datagramRaceMs`
 * where datagrams are the first, or as soon as nobody listens in the first; then whichever is
 * through first stays, and the other is given up at that moment. The one that is given up has not
 * sent the last message of its handshake, so the other side never takes it for a stream, and no
 * second link comes of it (as in RFC 8305, which races addresses).
 *
 * A node that is just starting refuses in the first way and is there a moment later in the second.
 * So when the second is answered after the first was refused, the first is asked once more. Nodes
 * listen for datagrams before they listen for TCP (acceptor.ts): a refusal after that is meant.
 */
import type { TLSSocket } from 'node:tls';
import type { Address } from './address.ts';
import type { DatagramCommons } from './datagram/commons.ts';
import { dialDatagram } from './datagram/dial.ts';
import type { LinkFault, LinkFaultCode } from './fault.ts';
import type { NetLimits } from './limits.ts';
import { dialTls, type TlsParameters, tuneSocket } from './tls.ts';
import { type Transport, type TransportChoice, transportsTo } from './transport.ts';

export interface DialSetup {
  readonly tls: TlsParameters;
  readonly limits: NetLimits;
  readonly commons: DatagramCommons;
  readonly transport: TransportChoice;
}

/** What whoever dials hears; `onConnected` perhaps, and then one of the other two. */
export interface DialOutcome {
  readonly onConnected: () => void;
  readonly onSecured: (
    socket: TLSSocket,
    key: Uint8Array,
    by: { readonly transport: Transport; readonly instance: string },
  ) => void;
  readonly onFailed: (fault: LinkFault) => void;
}

/** After any other fault the other side has answered, and would answer the same in another way. */
const NO_ANSWER: ReadonlySet<LinkFaultCode> = new Set(['unreachable', 'lost']);

/** Dials. Returns the way to give up, after which nothing is heard. */
export function dialAddress(
  setup: DialSetup,
  address: Address,
  expectedKey: Uint8Array | undefined,
  outcome: DialOutcome,
): () => void {
  const ways = [...transportsTo(address.host, setup.transport)];
  const underWay = new Map<Transport, () => void>();
  let fault: LinkFault | undefined;
  /** A way that was refused before the other side answered in another. */
  let refused: Transport | undefined;
  let askedTwice = false;
  let race: NodeJS.Timeout | undefined;

  function stop(): void {
    clearTimeout(race);
    for (const giveUp of underWay.values()) giveUp();
    underWay.clear();
  }

  function failed(transport: Transport, why: LinkFault): void {
    underWay.delete(transport);
    // Where both fail, the first way's reason is what a person can do most with.
    fault ??= why;
    if (!NO_ANSWER.has(why.code)) fault = why;
    else if (underWay.size > 0) return;
    else if (ways.length > 0 && why.code === 'unreachable') {
      if (!askedTwice) refused = transport;
      return next();
    }
    stop();
    outcome.onFailed(fault);
  }

  function next(): void {
    clearTimeout(race);
    const transport = ways.shift();
    if (transport === undefined) return;
    const to = transport === 'tcp' ? address : dialDatagram(address, setup.commons);
    const giveUp = dialTls(setup.tls, to, expectedKey, {
      onConnected() {
        if (refused === undefined) return outcome.onConnected();
        underWay.get(transport)?.();
        underWay.delete(transport);
        ways.unshift(refused, transport);
        refused = undefined;
        askedTwice = true;
        next();
      },
      onSecured(socket, key, instance) {
        underWay.delete(transport);
        stop();
        if (transport === 'tcp') tuneSocket(socket);
        outcome.onSecured(socket, key, { transport, instance });
      },
      onFailed: (why) => failed(transport, why),
    });
    underWay.set(transport, giveUp);
    const { dialRaceMs, datagramRaceMs } = setup.limits;
    const raceMs = transport === 'tcp' ? dialRaceMs : datagramRaceMs;
    if (ways.length > 0) race = setTimeout(next, raceMs);
  }

  next();
  return () => {
    ways.length = 0;
    stop();
  };
}
