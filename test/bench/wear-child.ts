/**
 * One authority's store at work, for wear.ts: the build at argv[2] opens the store at argv[3] and
 * makes, each time it is told how many, the two commits of so many payments, one payment a second.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { ByteKey } from '../../agent/core/base/bytes.ts';
import type { Write } from '../../agent/core/io.ts';
import type { Store } from '../../agent/shell/store/store.ts';

const [, , root = '', folder = ''] = process.argv;
const ACCOUNTS = 200;

/** Bytes that do not compress, always the same for the same name. */
function bytesOf(name: string, length: number): Uint8Array {
  return Uint8Array.from(createHash('shake256', { outputLength: length }).update(name).digest());
}

function key(prefix: string, ...parts: readonly Uint8Array[]): ByteKey {
  return (prefix + Buffer.concat(parts).toString('latin1')) as ByteKey;
}

function number(n: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return Uint8Array.from(bytes);
}

/** The writes of a payment as the core makes them: the order that is voted for, the certificate. */
function payment(n: number): readonly (readonly Write[])[] {
  const payer = bytesOf(`account ${n % ACCOUNTS}`, 32);
  const payee = bytesOf(`account ${(n * 7 + 1) % ACCOUNTS}`, 32);
  return [
    [{ key: key('A', payer), value: bytesOf(`pending ${n}`, 220) }],
    [
      { key: key('J', number(n)), value: bytesOf(`fact ${n}`, 430) },
      { key: key('H'), value: bytesOf(`head ${n}`, 40) },
      { key: key('C', payer, number(n)), value: number(n) },
      { key: key('A', payer), value: bytesOf(`payer ${n}`, 75) },
      { key: key('A', payee), value: bytesOf(`payee ${n}`, 75) },
      { key: key('R', payee, number(n)), value: number(n) },
    ],
  ];
}

const { openStore } = await import(join(root, 'dist/agent/shell/store/open.js'));
const opened: { readonly store?: Store } = await openStore({ folder, allowVolatile: true });
const { store } = opened;
if (store === undefined) throw new Error(JSON.stringify(opened));
let made = 0;
process.stdout.write('open\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [payments = 0, pauseMs = 0] = line.split(' ').map(Number);
  for (let i = 0; i < payments; i++, made++) {
    for (const writes of payment(made)) await store.commit(writes);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  process.stdout.write('done\n');
}
await store.close();
