/**
 * Receipts: one payment on paper. A receipt is text: lines that a person reads, and below them the
 * canonical certificate (core/codec/order.ts) in base64. It carries nothing else, because only the
 * certificate is signed: no time, no claim of whoever wrote the file.
 *
 * The lines follow from the certificate and the genesis document, so `readReceipt` writes them anew
 * and compares: each certificate has exactly one receipt text, no byte of it can be changed
 * unnoticed, and what a person reads is what the authorities signed. Only the line ends may be
 * those of another system, and a byte order mark may stand before it, since mail and editors change
 * them. The form is PEM's (RFC 7468) with a readable head: it survives being mailed, printed and
 * pasted, which JSON with escapes does not do as well.
 */

import { base64 } from '@scure/base';
import { quoted, strayIn, withoutMark } from '../core/base/characters.ts';
import type { Verify } from '../core/base/crypto.ts';
import { MAX_CERTIFICATE_BYTES } from '../core/base/limits.ts';
import { nameOf } from '../core/base/names.ts';
import { isRefusal, type Refusal, refusal } from '../core/base/refusal.ts';
import type { Certificate } from '../core/codec/order.ts';
import {
  certificateBytes,
  certificateFrom,
  checkCertificate,
} from '../core/network/certificate.ts';
import { quorumOf } from '../core/network/committee.ts';
import { committeeOf } from '../core/network/committees.ts';
import type { Network } from '../core/network/genesis.ts';
import type { JudgedNetwork } from '../core/views.ts';
import { certificateView } from '../shell/control/money-view.ts';

const TITLE = 'MeshPay receipt, version 1';
const BEGIN = '-----BEGIN MESHPAY CERTIFICATE-----';
const END = '-----END MESHPAY CERTIFICATE-----';
const LINE_CHARACTERS = 64;

/** Characters of the longest receipt: base64 is 4/3, and the lines name every member. */
export const MAX_RECEIPT_CHARACTERS = 2 * MAX_CERTIFICATE_BYTES + 64 * 40 + 2048;

/** The receipt of a certificate that `checkCertificate` accepts, so its epoch is known. */
export function writeReceipt(network: JudgedNetwork, certificate: Certificate): string {
  const { order, votes } = certificateView(network, certificate);
  const committee = committeeOf(network.state, certificate.epoch);
  const members = committee?.members.length ?? 0;
  const counts = `${votes.length} of ${members}, quorum ${quorumOf(members)}`;
  const fields = [
    ['network', network.genesis.name],
    ['network id', nameOf('network', network.id)],
    ['order', order.id],
    ...(order.kind === 'withdrawal' ? [['proves', 'that the amount is locked, not paid out']] : []),
    ['amount', `${order.amount} ${order.token}`],
    ['from', order.account],
    ['to', order.recipient],
    ...(order.ledger === null ? [] : [['ledger', order.ledger]]),
    ...(order.validUntilMs === null
      ? []
      : [['until', `${new Date(order.validUntilMs).toISOString()}`]]),
    ['sequence', order.sequence],
    ...(order.kind === 'withdrawal' ? [] : [['memo', memoText(order.memo, 'none')]]),
    ['votes', `${votes.join(', ')} (${counts}, epoch ${certificate.epoch})`],
  ].map(([label = '', value = '']) => `${label.padEnd(12)}${value}`);
  const text = base64.encode(certificateBytes(certificate));
  const lines = text.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  return `${[TITLE, '', ...fields, '', BEGIN, ...lines, END].join('\n')}\n`;
}

/**
 * The certificate of a receipt that proves its payment on this network; otherwise why it does not:
 * `bad_receipt` (not a receipt, or its lines were changed), `wrong_network`, `malformed`,
 * `bad_signature`, `no_quorum`, `unknown_epoch`, `unknown_token`.
 */
export function readReceipt(
  network: JudgedNetwork,
  text: string,
  verify: Verify,
): Certificate | Refusal {
  const found = readCertificate(text);
  if (isRefusal(found)) return found;
  const foreign = checkNetwork(network, found.lines);
  if (foreign !== undefined) return foreign;
  const refused = checkCertificate(network.state, { network, verify }, found.certificate);
  if (refused !== undefined) return { ...refused, field: refused.field ?? 'certificate' };
  return checkLines(found.lines, writeReceipt(network, found.certificate)) ?? found.certificate;
}

/** A memo: in quotes; `none` where there is none; said to be there where it is sealed to others. */
export function memoText(memo: string | null, none = ''): string {
  if (memo === null) return 'a sealed memo';
  return memo === '' ? none : quoted(memo);
}

interface Found {
  readonly certificate: Certificate;
  readonly lines: readonly string[];
}

function readCertificate(text: string): Found | Refusal {
  const bad = (field: string, expected: string, what: string): Refusal =>
    refusal('bad_receipt', { field, expected, found: what });
  if (text.length > MAX_RECEIPT_CHARACTERS) {
    return bad('receipt', `at most ${MAX_RECEIPT_CHARACTERS} characters`, `${text.length}`);
  }
  const lines = withoutMark(text).replaceAll('\r\n', '\n').split('\n');
  if (lines[0] !== TITLE) return bad('line 1', `"${TITLE}"`, seen((lines[0] ?? '').slice(0, 60)));
  const [begin, end] = [lines.indexOf(BEGIN), lines.indexOf(END)];
  if (begin < 0) return bad('receipt', `a line "${BEGIN}"`, 'none');
  if (end < begin) return bad('receipt', `a line "${END}" at the end`, 'none');
  const bytes = decodeBase64(lines.slice(begin + 1, end).join(''));
  if (bytes === undefined) return bad('certificate', 'base64', 'other characters');
  const certificate = certificateFrom(bytes);
  return isRefusal(certificate) ? { ...certificate, field: 'certificate' } : { certificate, lines };
}

/** A line as it was found, or what in it cannot be seen. */
function seen(line: string): string {
  return strayIn(line) ?? quoted(line);
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}

/** A certificate does not name its network; its lines do, so that a mix-up can be named as one. */
function checkNetwork(network: Network, lines: readonly string[]): Refusal | undefined {
  const label = 'network id'.padEnd(12);
  const found = lines.find((line) => line.startsWith(label))?.slice(label.length);
  const expected = nameOf('network', network.id);
  if (found === undefined || found === expected) return undefined;
  const shown = quoted(found.slice(0, 80));
  return refusal('wrong_network', { field: 'network id', expected, found: shown });
}

function checkLines(lines: readonly string[], text: string): Refusal | undefined {
  const expected = text.split('\n');
  const length = Math.max(lines.length, expected.length);
  for (let at = 0; at < length; at++) {
    if (lines[at] === expected[at]) continue;
    const show = (line: string | undefined): string =>
      line === undefined ? 'the end' : quoted(line.slice(0, 100));
    return refusal('bad_receipt', {
      field: `line ${at + 1}`,
      expected: `${show(expected[at])}, as the certificate says`,
      found: strayIn(lines[at] ?? '') ?? show(lines[at]),
    });
  }
  return undefined;
}
