/**
 * Encrypted streams: TLS 1.3 (RFC 8446) through node:tls, with raw-key trust: certificates are
 * wrappings of Ed25519 keys (identity.ts), no authority signs them, and whose key it is, is decided
 * here.
 *
 * Networks are told apart by ALPN (RFC 7301): "meshpay/<version>/<first 16 hex of the network id>".
 * A stranger from another network or version is turned away in the handshake, by name.
 *
 * Who is who:
 *   1. The key of a peer is the one in the certificate that it showed, and TLS 1.3 has made it
 *      prove that key over this very handshake (CertificateVerify). Nothing else says who it is:
 *      no address, no name, no claim in a message.
 *   2. A server always proves a key. A client may show none: it is anonymous, and is never given
 *      the rights of a node.
 *   3. Whoever dials a committee member dials it with `expectedKey`, and any other key ends the
 *      handshake (wrong_key). In the other direction a client counts as a member only by proving
 *      the member's key.
 *   4. Dialling without an expected key (a relay known by its address only) accepts any key, and
 *      the address lends no trust to it. If it turns out to be a member's, it *is* that member,
 *      and the link counts as the one link to it (links.ts). Somebody in the middle can be a relay
 *      of that address under a key of its own, or pass the bytes through to the real one; it can
 *      never pose as a member.
 *
 * Two traps of node:tls, closed below: `rejectUnauthorized: false` also admits a client without a
 * certificate (so `proofOf` looks at what was shown); and a resumed session carries no
 * certificate (so tickets are off, no session is ever offered, and a resumed one is refused).
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import {
  connect,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { equalBytes, toHex } from '../../core/base/bytes.ts';
import { isPlainPoint } from '../../core/base/ed25519.ts';
import { PROTOCOL_VERSION } from '../../core/base/limits.ts';
import { SPKI_PREFIX } from '../keys.ts';
import type { Address } from './address.ts';
import { faultOfError, type LinkFault, linkFault } from './fault.ts';
import type { Identity } from './identity.ts';

export interface TlsParameters {
  /** Network id, 32 bytes. */
  readonly network: Uint8Array;
  /** Undefined: this side is an anonymous client. */
  readonly identity: Identity | undefined;
  readonly handshakeTimeoutMs: number;
}

/** The ALPN name of a network (id of 32 bytes). */
export function protocolName(network: Uint8Array): string {
  return `meshpay/${PROTOCOL_VERSION}/${toHex(network.subarray(0, 8))}`;
}

function contextOf(identity: Identity | undefined): SecureContextOptions {
  return {
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    // ChaCha20 first: the processors of most routers have no AES instructions.
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
    ecdhCurve: 'X25519',
    sigalgs: 'ed25519',
    // Instead of the web's root certificates: nobody signs for others here.
    ca: [],
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/**
 * A TLS server that listens nowhere: connections are handed to it by `emit('connection', socket)`.
 * `onSecured` gets each finished handshake with the key that the client proved, if it showed one.
 */
export function createTlsServer(
  parameters: TlsParameters,
  onSecured: Acceptance['onSecured'],
  onFailed: (fault: LinkFault, socket: TLSSocket) => void,
): Server {
  const server = createServer({
    ...contextOf(parameters.identity),
    ALPNProtocols: [protocolName(parameters.network)],
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: parameters.handshakeTimeoutMs,
  });
  server.on('secureConnection', (socket) => {
    const proof = proofOf(parameters, socket);
    if (proof !== undefined && 'code' in proof) onFailed(proof, socket);
    else onSecured(socket, proof?.key, proof?.instance);
  });
  server.on('tlsClientError', (error, socket) => onFailed(faultOfError(error), socket));
  return server;
}

/** How a stream's handshake ended, on the side that took it in. */
export interface Acceptance {
  /** `instance`: which process proved the key (twins.ts). */
  readonly onSecured: (
    socket: TLSSocket,
    key: Uint8Array | undefined,
    instance: string | undefined,
  ) => void;
  readonly onFailed: (fault: LinkFault, socket: TLSSocket) => void;
}

/**
 * Takes in streams that are no TCP sockets. node:tls does not say which of them a handshake was
 * over, so each handshake has a server to itself, and as many servers are made and kept as there
 * are handshakes at a time. A server is free again when it has said how its handshake ended, which
 * it does exactly once.
 */
export function createTlsTaker(parameters: TlsParameters): (from: Duplex, to: Acceptance) => void {
  const free: { take(from: Duplex, to: Acceptance): void }[] = [];

  function make(): (typeof free)[number] {
    let current: Acceptance | undefined;
    const finish = (): Acceptance | undefined => {
      const ended = current;
      current = undefined;
      if (ended !== undefined) free.push(self);
      return ended;
    };
    const server = createTlsServer(
      parameters,
      (...secured) => finish()?.onSecured(...secured),
      (fault, socket) => finish()?.onFailed(fault, socket),
    );
    const self = {
      take(from: Duplex, to: Acceptance) {
        current = to;
        server.emit('connection', from);
      },
    };
    return self;
  }

  return (from, to) => (free.pop() ?? make()).take(from, to);
}

/** What a dialler hears; `onConnected` and then one of the other two, or `onFailed` alone. */
export interface DialEvents {
  /** The address answered; the handshake begins. */
  readonly onConnected: () => void;
  readonly onSecured: (socket: TLSSocket, key: Uint8Array, instance: string) => void;
  readonly onFailed: (fault: LinkFault) => void;
}

/**
 * Dials over TCP, or over a stream that is on its way to the address; no time limit of its own.
 * Returns the way to give up, after which nothing is heard.
 */
export function dialTls(
  parameters: TlsParameters,
  to: Address | Duplex,
  expectedKey: Uint8Array | undefined,
  events: DialEvents,
): () => void {
  const socket = connect({
    ...contextOf(parameters.identity),
    ...(to instanceof Duplex ? { socket: to } : { host: to.host, port: to.port }),
    // No server name: members have keys, not names.
    servername: '',
    ALPNProtocols: [protocolName(parameters.network)],
    rejectUnauthorized: false,
  });
  let over = false;

  function fail(fault: LinkFault): void {
    if (over) return;
    over = true;
    socket.destroy();
    events.onFailed(fault);
  }

  socket.on('error', (error) => fail(faultOfError(error)));
  socket.on('close', () => fail(linkFault('handshake_failed', 'closed in the handshake')));
  const carrier = to instanceof Duplex ? to : socket;
  carrier.once('connect', () => {
    if (!over) events.onConnected();
  });
  socket.once('secureConnect', () => {
    if (over) return;
    const proof = proofOf(parameters, socket);
    if (proof === undefined) return fail(linkFault('handshake_failed', 'no certificate'));
    if ('code' in proof) return fail(proof);
    const { key, instance } = proof;
    if (expectedKey !== undefined && !equalBytes(key, expectedKey)) {
      const detail = `expected ${shortHex(expectedKey)}, found ${shortHex(key)}`;
      return fail(linkFault('wrong_key', detail));
    }
    over = true;
    events.onSecured(socket, key, instance);
  });
  return () => {
    over = true;
    socket.destroy();
  };
}

/** A key that was proven, and in which process (twins.ts). */
interface Proof {
  readonly key: Uint8Array;
  readonly instance: string;
}

/**
 * What the other side proved, undefined if it showed no key, or why it is turned away. To be asked
 * once: on the side that dialled, node:tls gives the certificate away.
 */
function proofOf({ network }: TlsParameters, socket: TLSSocket): Proof | LinkFault | undefined {
  if (socket.alpnProtocol !== protocolName(network)) {
    return linkFault('wrong_network', `found ${socket.alpnProtocol || 'no protocol name'}`);
  }
  if (socket.isSessionReused()) return linkFault('handshake_failed', 'a resumed session');
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const spki = Buffer.from(certificate.publicKey.export({ format: 'der', type: 'spki' }));
  const key = Uint8Array.from(spki.subarray(SPKI_PREFIX.length));
  const isEd25519 = spki.indexOf(SPKI_PREFIX) === 0 && key.length === 32;
  // A key of small order proves nothing: signatures of it can be made without a secret.
  if (!isEd25519 || !isPlainPoint(key)) return linkFault('handshake_failed', 'not an Ed25519 key');
  return { key, instance: certificate.serialNumber };
}

/** Enough of a key for a person to tell two apart. */
function shortHex(key: Uint8Array): string {
  return toHex(key.subarray(0, 6));
}

/** Settings of every TCP stream: small frames at once, a dead host noticed by the kernel too. */
export function tuneSocket(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 15_000);
}
