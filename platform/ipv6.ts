/**
 * IPv6 addresses as text: the one short form of RFC 5952, so that addresses can be compared as
 * text. Zone indices and embedded IPv4 notation are refused on input.
 */

/** The 16 bytes of an address, or undefined. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 39) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = head.length + tail.length;
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const groups = [...head, ...Array<string>(8 - given).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/** The RFC 5952 form of 16 bytes: the longest run of two or more zero groups becomes `::`. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, place) => {
    return ((bytes[place * 2] ?? 0) << 8) | (bytes[place * 2 + 1] ?? 0);
  });
  let bestStart = 0;
  let bestLength = 0;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) [bestStart, bestLength] = [start, length];
  }
  const words = groups.map((group) => group.toString(16));
  if (bestLength < 2) return words.join(':');
  const head = words.slice(0, bestStart).join(':');
  return `${head}::${words.slice(bestStart + bestLength).join(':')}`;
}

/** An address with prefix in its short form, or undefined: `FD00:0::1/64` -> `fd00::1/64`. */
export function normalizePrefix(text: string): string | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const bytes = parseIpv6(address);
  if (bytes === undefined || rest.length > 0 || !/^[0-9]{1,3}$/.test(length)) return undefined;
  return Number(length) <= 128 ? `${formatIpv6(bytes)}/${Number(length)}` : undefined;
}
