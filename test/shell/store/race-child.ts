/**
 * A process that opens the store of each folder that it reads a line of, makes one commit with its
 * own number, closes, and prints how that went.
 */
import { createInterface } from 'node:readline';
import { SPACES } from '../../../agent/core/spaces.ts';
import { openStore } from '../../../agent/shell/store/open.ts';
import { account } from './fixture.ts';

const own = Number(process.argv[2]);
for await (const folder of createInterface({ input: process.stdin })) {
  const opened = await openStore({ folder, allowVolatile: true });
  if ('store' in opened) {
    await opened.store.commit([
      { key: SPACES.account.at(account(own)).key, value: Uint8Array.of(own) },
    ]);
    await opened.store.close();
  }
  const what = opened.state === 'refused' ? opened.error.code : opened.state;
  process.stdout.write(`${what}\n`);
}
