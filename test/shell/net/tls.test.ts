/** Whose key it is: a pin, and every other comparison of keys, is of the whole key. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import type { LinkFault } from '../../../agent/shell/net/fault.ts';
import { NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { Terms } from '../../../agent/shell/net/terms.ts';
import { createTlsServer, dialTls, protocolName } from '../../../agent/shell/net/tls.ts';
import { identityOf, memberOf, NETWORK } from './harness.ts';

const [server, client] = [identityOf(1), identityOf(2)];

/** The key with one byte changed. */
function changed(key: Uint8Array, at: number): Uint8Array {
  return key.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

const EVERY_BYTE = Array.from({ length: 32 }, (_, at) => at);

describe('a pin', () => {
  const tls = createTlsServer(
    { network: NETWORK, identity: server, handshakeTimeoutMs: 60_000 },
    (socket) => socket.on('error', () => undefined).end('x'),
    (_, socket) => socket.destroy(),
  );
  const listening = createServer((socket) => {
    socket.on('error', () => undefined);
    tls.emit('connection', socket);
  });
  before(() => new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve)));
  after(() => listening.close());

  function dial(expected: Uint8Array | undefined): Promise<Uint8Array | LinkFault> {
    const { port } = listening.address() as AddressInfo;
    const parameters = { network: NETWORK, identity: client, handshakeTimeoutMs: 60_000 };
    return new Promise((resolve) => {
      dialTls(parameters, { host: '127.0.0.1', port }, expected, {
        onConnected: () => undefined,
        onSecured(socket, key) {
          socket.destroy();
          resolve(key);
        },
        onFailed: resolve,
      });
    });
  }

  it('is asked anew each time: no session is ever offered to come back to', async () => {
    const { port } = listening.address() as AddressInfo;
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ALPNProtocols: [protocolName(NETWORK)],
      sigalgs: 'ed25519',
    });
    let sessions = 0;
    socket.on('session', () => sessions++).on('error', () => undefined);
    // A ticket would come before the first bytes of the server.
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    assert.equal(sessions, 0);
  });

  it('admits the key that it is', async () => {
    assert.deepEqual(await dial(server.publicKey), server.publicKey);
    assert.deepEqual(await dial(undefined), server.publicKey);
  });

  it('admits no other, whichever of its bytes differs', async () => {
    const found = await Promise.all(EVERY_BYTE.map((at) => dial(changed(server.publicKey, at))));
    for (const fault of found) assert.ok('code' in fault && fault.code === 'wrong_key');
  });
});

describe('a key', () => {
  const members = [memberOf(server, 'server')];
  const terms = new Terms(NET_LIMITS, client.publicKey, members, () => 0);

  it('is a member’s, or this node’s own, only when all of its bytes are', () => {
    assert.equal(terms.kindOf(server.publicKey), 'member');
    assert.ok(terms.isSelf(client.publicKey));
    for (const at of EVERY_BYTE) {
      assert.equal(terms.kindOf(changed(server.publicKey, at)), 'node', `byte ${at}`);
      assert.ok(!terms.isSelf(changed(client.publicKey, at)), `byte ${at}`);
    }
  });

  it('has a share of its own only as a member or as one that the operator asked for', () => {
    const { publicKey } = identityOf(3);
    const place = (kind: 'member' | 'node' | 'anonymous', isWanted: boolean) =>
      terms.placeOf(kind, 'a', kind === 'anonymous' ? undefined : publicKey, isWanted).standing;
    assert.deepEqual(
      [place('member', false), place('node', true), place('node', false)],
      ['trusted', 'trusted', 'node'],
    );
    assert.deepEqual(
      [place('anonymous', false), place('anonymous', true)],
      Array(2).fill('anonymous'),
    );
  });
});

describe('the name of a network in a handshake', () => {
  it('has 64 bits of its id, all of which count', () => {
    const name = protocolName(NETWORK);
    assert.match(name, /^meshpay\/\d+\/[0-9a-f]{16}$/);
    for (let at = 0; at < 8; at++) assert.notEqual(protocolName(changed(NETWORK, at)), name);
  });
});
