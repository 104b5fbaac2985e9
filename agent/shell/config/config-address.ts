/**
 * An address as a person writes it: "127.0.0.1:7420", "[fe80::1%mesh0]:7420", "router.lan:7420".
 * What can never work is refused here, where a person reads it, and not by the system later on.
 *
 * Host names follow RFC 1123 2.1, where the last label is never a number: getaddrinfo(3) takes what
 * looks like one for an IPv4 address in the notation of 1983, in which 010.0.0.1 is 8.0.0.1 and
 * 127.1 is 127.0.0.1. IPv6 addresses follow RFC 4291 2.2, their zones RFC 4007 11.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { parseIpv6 } from '../../../platform/ipv6.ts';
import { type Address, isLinkLocal } from '../net/address.ts';

/**
 * `listen`: an address of this machine; `dial`: an address of another one; `name`: also by name.
 */
export type AddressUse = 'listen' | 'dial' | 'name';

const NOT_OF_THIS_FORM = '';
const MAX_NAME_LENGTH = 253;
const ZONE = /^[^\s/:%\]]{1,15}$/;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/**
 * The address, or why it is none that can be used so: a phrase after the text itself, which is
 * empty where what is expected says it all.
 */
export function readAddress(text: string, use: AddressUse): Address | string {
  const match = /^(?:\[([^\]]*)\]|([^[\]:]*)):([0-9]*)$/.exec(text);
  if (match === null) return NOT_OF_THIS_FORM;
  const [, six, other = '', digits = ''] = match;
  const port = Number(digits);
  if (!/^[1-9][0-9]{0,4}$/.test(digits) || port > 65_535) return 'whose port is not 1 to 65535';
  const wrong = six === undefined ? wrongHost(other, use) : wrongIpv6(six, use);
  return wrong ?? { host: six ?? other, port };
}

function wrongIpv6(text: string, use: AddressUse): string | undefined {
  const [bare = '', zone, ...more] = text.split('%');
  if (!isIPv6(bare) || more.length > 0) return 'with no IPv6 address in the brackets';
  const bytes = parseIpv6(bare);
  if (bytes === undefined || isMapped(bytes)) return 'with an IPv4 address inside the IPv6 one';
  if (isLinkLocal(bare)) {
    if (zone === undefined) return 'a link-local address without its interface (%mesh0)';
    return ZONE.test(zone) ? undefined : 'whose interface after "%" is no name of one';
  }
  if (zone !== undefined)
    return 'with an interface after "%", which only link-local addresses have';
  if (bytes[0] === 0xff) return 'a multicast address';
  if (bytes.every((byte) => byte === 0)) return unspecified(use);
  return undefined;
}

/** ::ffff:0:0/96, which a system may take for IPv4 or not (RFC 4291 2.5.5.2). */
function isMapped(bytes: Uint8Array): boolean {
  const [high, low] = bytes.subarray(10, 12);
  return bytes.subarray(0, 10).every((byte) => byte === 0) && high === 0xff && low === 0xff;
}

function wrongHost(text: string, use: AddressUse): string | undefined {
  if (isIPv4(text)) return wrongIpv4(text, use);
  // A dot at the end only says that the name is whole.
  const labels = text.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  if (/^([0-9]+|0x[0-9a-f]*)$/i.test(last)) return 'with no IPv4 address of four numbers, 0 to 255';
  if (use !== 'name') return NOT_OF_THIS_FORM;
  const isName = text.length <= MAX_NAME_LENGTH && labels.every((label) => LABEL.test(label));
  return isName ? undefined : 'with no host name';
}

function wrongIpv4(text: string, use: AddressUse): string | undefined {
  const first = Number(text.split('.')[0]);
  if (text === '0.0.0.0') return unspecified(use);
  if (first === 0) return 'an address that no machine has';
  if (first >= 224 && first < 240) return 'a multicast address';
  return text === '255.255.255.255' ? 'the broadcast address' : undefined;
}

/** All addresses of this machine: to listen on, and never to connect to. */
function unspecified(use: AddressUse): string | undefined {
  return use === 'listen' ? undefined : 'an address that only a listener has';
}
