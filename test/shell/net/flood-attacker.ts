/**
 * A hostile client in a process of its own, for flood.test.ts: opens many connections from many
 * loopback addresses, as fast as it can, and holds them.
 * Arguments: port, connections, "silent" (say nothing) or "tls" (finish the handshake).
 */
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { protocolName } from '../../../agent/shell/net/tls.ts';
import type { FloodReport } from './flood-node.ts';
import { NETWORK } from './harness.ts';

const AT_ONCE = 200;
const SOURCES = 50;

const [portText, countText, kind] = process.argv.slice(2);
const [port, count] = [Number(portText), Number(countText)];
let tried = 0;
let open = 0;

function next(): void {
  if (tried === count) return;
  const localAddress = `127.0.1.${1 + (tried % SOURCES)}`;
  tried += 1;
  const isLast = tried === count;
  const at = { host: '127.0.0.1', port, localAddress };
  const tls = { ALPNProtocols: [protocolName(NETWORK)], rejectUnauthorized: false, servername: '' };
  const socket = kind === 'tls' ? connectTls({ ...at, ...tls }) : connectTcp(at);
  let counted = false;
  socket.on(kind === 'tls' ? 'secureConnect' : 'connect', () => {
    open += 1;
    counted = true;
    settle();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (counted) open -= 1;
    else settle();
  });
  socket.resume();

  function settle(): void {
    if (isLast) setTimeout(() => process.send?.({ tried, open } satisfies FloodReport), 500);
    else next();
  }
}

if (process.send !== undefined) {
  process.on('disconnect', () => process.exit());
  for (let i = 0; i < AT_ONCE; i++) next();
}
