/** Free ports of the loopback interface. */
import { createServer, type Server } from 'node:net';

/** That many different TCP ports of 127.0.0.1 on which nobody listens now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All are held until the last one is known, so that none is given twice.
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
