/**
 * Why a stream did not come about or came to its end: one table of codes. `wire` is what the other
 * side is told in the last word of the stream (framing.ts); numbers are frozen, from 1 to 239, and
 * a code without one is never sent. What the other side says is shown to people and believed by
 * nobody.
 */

interface FaultRow {
  readonly wire?: number;
  readonly meaning: string;
}

export const LINK_FAULTS = {
  wrong_network: { wire: 1, meaning: 'the other side is on another network or protocol version' },
  wrong_key: { wire: 2, meaning: 'another key answered than the one expected at this address' },
  no_key: { wire: 3, meaning: 'this address takes only nodes that prove a key' },
  not_a_member: { wire: 4, meaning: 'this address takes only members of the committee' },
  own_key: { wire: 5, meaning: 'the other side uses the key of this node' },
  protocol: { wire: 6, meaning: 'the other side broke the protocol' },
  oversized_frame: { wire: 7, meaning: 'a frame was announced that is above the bound' },
  slow_reader: { wire: 8, meaning: 'the other side did not read what was sent to it' },
  silent: { wire: 9, meaning: 'there was no sign of life' },
  idle: { wire: 10, meaning: 'an anonymous link was not used' },
  too_many_links: { wire: 11, meaning: 'all places for links of this kind are taken' },
  evicted: {
    wire: 12,
    meaning: 'the place was needed by another, and this link had the least claim to it',
  },
  duplicate: { wire: 13, meaning: 'another link to the same node goes on' },
  twin: { wire: 15, meaning: 'two nodes run with one key' },
  stopping: { wire: 14, meaning: 'this node closes the link on purpose' },
  handshake_failed: { meaning: 'the other side does not speak TLS 1.3 as this protocol uses it' },
  handshake_timeout: { meaning: 'the handshake took too long' },
  unreachable: { meaning: 'no connection to this address' },
  lost: { meaning: 'the connection broke off' },
  closed_by_peer: { meaning: 'the other side closed the link' },
} as const satisfies Record<string, FaultRow>;

export type LinkFaultCode = keyof typeof LINK_FAULTS;

export interface LinkFault {
  readonly code: LinkFaultCode;
  /** What was seen, for a person: a system error, an expected and a found key. May be empty. */
  readonly detail: string;
}

/** Makes a fault. */
export function linkFault(code: LinkFaultCode, detail = ''): LinkFault {
  return { code, detail };
}

/** One line for a person. */
export function describeLinkFault(fault: LinkFault): string {
  const { meaning } = LINK_FAULTS[fault.code];
  return fault.detail === '' ? meaning : `${meaning} (${fault.detail})`;
}

/** The number that the other side is told, if it is told one. */
export function wireOf(code: LinkFaultCode): number | undefined {
  const row: FaultRow = LINK_FAULTS[code];
  return row.wire;
}

/** The code of a number that the other side sent, if there is one. */
export function faultCodeOf(wire: number): LinkFaultCode | undefined {
  return CODE_BY_WIRE.get(wire);
}

const CODE_BY_WIRE = new Map(
  (Object.keys(LINK_FAULTS) as LinkFaultCode[]).flatMap((code) => {
    const wire = wireOf(code);
    return wire === undefined ? [] : [[wire, code] as const];
  }),
);

/** TLS alerts and errors that mean: no protocol in common (tls.ts names the network there). */
const NO_COMMON_PROTOCOL = /NO_APPLICATION_PROTOCOL/;
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENODEV',
  'EADDRNOTAVAIL',
  'EINVAL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EACCES',
  'EPERM',
]);

/** The fault that an error of a socket means. */
export function faultOfError(error: Error): LinkFault {
  const code = 'code' in error ? String(error.code) : '';
  if (NO_COMMON_PROTOCOL.test(code)) return linkFault('wrong_network');
  if (UNREACHABLE.has(code)) return linkFault('unreachable', code);
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return linkFault('handshake_timeout');
  if (/^ERR_(SSL|TLS)|^EPROTO/.test(code)) return linkFault('handshake_failed', code);
  return linkFault('lost', code === '' ? error.message.slice(0, 80) : code);
}
