/**
 * Adds the vectors of new messages and records to test/vectors. A vector that is there is never
 * changed: what alters one needs a new PROTOCOL_VERSION, and with it a new file.
 *
 *   node dist/test/support/write-vectors.js
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { toHex } from '../../agent/core/base/bytes.ts';
import { PROTOCOL_VERSION } from '../../agent/core/base/limits.ts';
import { sampleBytes } from './samples.ts';

const file = `test/vectors/v${PROTOCOL_VERSION}.json`;
const frozen = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>)
  : {};
const now = Object.fromEntries(Array.from(sampleBytes(), ([name, bytes]) => [name, toHex(bytes)]));
writeFileSync(file, `${JSON.stringify({ ...now, ...frozen }, null, 2)}\n`);
