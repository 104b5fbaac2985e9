/**
 * Names that people copy: bech32m (BIP 350) over 32 bytes, so that a mistyped one is refused and
 * never paid. An account is `mp1...`, a node `mpnode1...`, a network `mpnet1...`.
 */
import { bech32m } from '@scure/base';
import { strayIn } from './characters.ts';
import { type Refusal, refusal } from './refusal.ts';

const PREFIXES = { account: 'mp', node: 'mpnode', network: 'mpnet' } as const;

export type NameKind = keyof typeof PREFIXES;

/** The name of 32 bytes. */
export function nameOf(kind: NameKind, bytes: Uint8Array): string {
  return bech32m.encode(PREFIXES[kind], bech32m.toWords(bytes));
}

/** The 32 bytes of a name, in either case; refused as `bad_name` with the reason. */
export function parseName(
  kind: NameKind,
  text: string,
  field: string = kind,
): Uint8Array | Refusal {
  const expected = `${withArticle(kind)} name, ${PREFIXES[kind]}1 and 58 more characters`;
  const refuse = (found: string): Refusal => refusal('bad_name', { field, expected, found });
  if (text.length > 90) return refuse(`${text.length} characters`);
  const stray = strayIn(text);
  if (stray !== undefined) return refuse(stray);
  const decoded = bech32m.decodeUnsafe(text);
  if (decoded === undefined) return refuse(`"${text}", whose checksum does not fit`);
  if (decoded.prefix !== PREFIXES[kind]) {
    const other = (Object.keys(PREFIXES) as NameKind[]).find((k) => PREFIXES[k] === decoded.prefix);
    return refuse(other === undefined ? `"${text}"` : `"${text}", ${withArticle(other)} name`);
  }
  const bytes = bech32m.fromWordsUnsafe(decoded.words);
  if (bytes === undefined || bytes === null || bytes.length !== 32) {
    return refuse(`"${text}", which does not hold 32 bytes`);
  }
  return Uint8Array.from(bytes);
}

function withArticle(kind: NameKind): string {
  return kind === 'account' ? 'an account' : `a ${kind}`;
}
