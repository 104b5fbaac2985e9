/** The ports that a lab gives its nodes. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { freePorts } from '../../agent/cli/lab/ports.ts';

const HOST = '127.0.0.1';

describe('free ports of loopback', () => {
  it('are different, and free for TCP and for UDP', async (t) => {
    const ports = await freePorts(40);
    assert.equal(new Set(ports).size, 40);
    for (const port of ports) {
      const server = createServer().listen(port, HOST);
      t.after(() => server.close());
      const socket = createSocket('udp4').bind(port, HOST);
      t.after(() => socket.close());
      await Promise.all([once(server, 'listening'), once(socket, 'listening')]);
    }
  });

  it('are none that Linux gives to whoever asks for any', async (t) => {
    const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const [first = 0, last = 0] = range.trim().split(/\s+/).map(Number);
    if (first < 32_768) t.skip(`this machine gives ${first} to ${last}`);
    else for (const port of await freePorts(40)) assert.ok(port < first, `${port} of ${first}`);
  });
});
