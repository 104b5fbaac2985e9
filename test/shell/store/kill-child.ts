/**
 * A process to be killed: commits facts as fast as it can to the folder of its first argument, from
 * the fact on that its second argument says, and prints the number of each after it was
 * acknowledged.
 */
import { writeSync } from 'node:fs';
import { Ledger, open } from './fixture.ts';

const [folder = '', from = '0'] = process.argv.slice(2);
const store = await open(folder);
const ledger = new Ledger();
for (let i = 0; i < Number(from); i++) ledger.fact(2_000);
for (let i = Number(from); ; i++) {
  await store.commit(ledger.fact(2_000));
  writeSync(1, `${i}\n`);
}
