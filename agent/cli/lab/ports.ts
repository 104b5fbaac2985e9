/** Free ports of the loopback interface. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';
/**
 * Ports from here to below the last are given out. From that on Linux gives them to whoever asks
 * for any (net.ipv4.ip_local_port_range), so one that was free may be taken when its node starts.
 */
const FIRST_PORT = 10_000;
const END_PORT = 32_768;
const MAX_TRIES = 1_000;

/** That many different ports on which nobody listens now, neither for TCP nor for UDP. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All are held until the last one is known, so that none is given twice.
  const releases = new Map<number, () => Promise<unknown>>();
  try {
    for (let tries = 0; releases.size < count; tries++) {
      if (tries === MAX_TRIES) throw new Error(`${HOST} has not ${count} free ports`);
      const port = randomInt(FIRST_PORT, END_PORT);
      const release = await hold(port).catch(unlessTaken);
      if (release !== undefined) releases.set(port, release);
    }
    return [...releases.keys()];
  } finally {
    await Promise.all([...releases.values()].map((release) => release()));
  }
}

/** Takes a port; returns the way to give it back. */
async function hold(port: number): Promise<() => Promise<unknown>> {
  const server = createServer().listen(port, HOST);
  await once(server, 'listening');
  const socket = createSocket('udp4');
  const release = (): Promise<unknown> => {
    server.close();
    socket.close();
    return Promise.all([once(server, 'close'), once(socket, 'close')]);
  };
  try {
    socket.bind(port, HOST);
    await once(socket, 'listening');
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

function unlessTaken(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EADDRINUSE') throw error;
}
