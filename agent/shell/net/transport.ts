/**
 * The two ways in which a stream can travel, and which one to try first.
 *
 * TCP goes everywhere and costs the kernel's time instead of ours. Datagram streams (datagram/) go
 * on where most packets are lost. So TCP comes first, except to addresses that only a mesh has:
 * IPv6 link-local ones, which beacons tell of, and unique local ones, which the radio's addresses
 * are (RFC 4193). The other way is tried as well when the first has not come through after a
 * moment, or nobody listens there (dialer.ts).
 */

const TRANSPORTS = ['tcp', 'datagram'] as const;
export type Transport = (typeof TRANSPORTS)[number];
/** What an operator may choose: either, or one of them alone. */
export const TRANSPORT_CHOICES = ['auto', ...TRANSPORTS] as const;
export type TransportChoice = (typeof TRANSPORT_CHOICES)[number];

/** The ways to try to an address, the best first. */
export function transportsTo(host: string, choice: TransportChoice): readonly Transport[] {
  if (choice !== 'auto') return [choice];
  return isMeshAddress(host) ? ['datagram', 'tcp'] : ['tcp', 'datagram'];
}

/** Whether to listen in this way. */
export function takes(choice: TransportChoice, transport: Transport): boolean {
  return choice === 'auto' || choice === transport;
}

/** fe80::/10 or fc00::/7. */
function isMeshAddress(host: string): boolean {
  return /^fe[89ab][0-9a-f]:|^f[cd][0-9a-f]{2}:/i.test(host);
}
