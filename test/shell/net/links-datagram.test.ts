/** Everything that holds of links (links.test.ts, replaced.test.ts), over datagrams. */
import { over } from './harness.ts';

over.transport = 'datagram';
await import('./links.test.ts');
await import('./replaced.test.ts');
