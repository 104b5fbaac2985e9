/** Listening on the address of an interface that is away, or that has become another one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AcceptorOptions, createAcceptor } from '../../../agent/shell/net/acceptor.ts';
import { createCommons } from '../../../agent/shell/net/datagram/commons.ts';
import { DATAGRAM_LIMITS, NET_LIMITS } from '../../../agent/shell/net/limits.ts';
import { pause, until } from '../../support/wait.ts';
import { identityOf, NETWORK } from './harness.ts';

const nowMs = (): number => performance.now();

function acceptorAt(host: string, options: Partial<AcceptorOptions>) {
  return createAcceptor({
    listen: [{ host, port: 0 }],
    tls: { network: NETWORK, identity: identityOf(1), handshakeTimeoutMs: 1_000 },
    limits: { ...NET_LIMITS, listenRetryMs: 20 },
    commons: createCommons(DATAGRAM_LIMITS, nowMs),
    transport: 'auto',
    nowMs,
    isMemberSource: () => false,
    onSecured: () => undefined,
    onRefused: () => undefined,
    ...options,
  });
}

describe('an address with a zone', () => {
  for (const transport of ['auto', 'datagram', 'tcp'] as const) {
    it(`is waited for while there is no such interface (${transport})`, async () => {
      const acceptor = acceptorAt('fe80::1%nosuch0', { transport });
      await acceptor.start();
      assert.deepEqual(
        acceptor.listening().map(({ open }) => open),
        [false],
      );
      await acceptor.stop();
    });
  }

  it('is opened again when its interface is another one, and not when it is away', async () => {
    let index: number | undefined = 1;
    const acceptor = acceptorAt('::1%lo', { interfaceIndex: () => index });
    const isOpen = (): boolean => acceptor.listening()[0]?.open === true;
    await acceptor.start();
    assert.ok(isOpen());
    index = undefined;
    await pause(100);
    assert.ok(isOpen(), 'its sockets stay');
    const { port } = acceptor.listening()[0]?.address ?? {};
    index = 2;
    await until(() => isOpen() && acceptor.listening()[0]?.address.port !== port, 'another port');
    await acceptor.stop();
  });
});
