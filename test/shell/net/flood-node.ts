/**
 * A node in a process of its own, for flood.test.ts: answers every frame with the same frame, and
 * tells its parent where it listens and, on request, how it is.
 */
import type { Links } from '../../../agent/shell/net/links.ts';
import { createLinks } from '../../../agent/shell/net/links.ts';
import { identityOf, memberOf, NETWORK } from './harness.ts';

/** What the node tells. */
export interface NodeReport {
  readonly port: number;
  readonly residentBytes: number;
  readonly member: number;
  readonly anonymous: number;
  readonly handshakes: number;
  readonly refused: number;
}

/** What an attacker tells when it has tried all its connections. */
export interface FloodReport {
  readonly tried: number;
  readonly open: number;
}

function report(links: Links): NodeReport {
  const counts = links.counts();
  return {
    port: links.listening()[0]?.address.port ?? 0,
    residentBytes: process.memoryUsage.rss(),
    member: counts.member,
    anonymous: counts.anonymous,
    handshakes: counts.handshakes,
    refused: [...counts.refused.values()].reduce((sum, count) => sum + count, 0),
  };
}

if (process.send !== undefined) {
  const links = createLinks({
    network: NETWORK,
    identity: identityOf(1),
    members: [1, 2, 3].map((n) => memberOf(identityOf(n), `member-${n}`)),
    listen: [{ host: '127.0.0.1', port: 0 }],
    wanted: [],
    dialFound: 0,
    emit(event) {
      if (event.kind === 'frame') links.send({ link: event.link, bytes: event.bytes });
      return true;
    },
  });
  await links.start();
  process.send(report(links));
  process.on('message', () => process.send?.(report(links)));
  process.on('disconnect', () => process.exit());
}
