/**
 * A process that opens the store of its first argument and prints in one line how that went. The
 * second argument: how many more files it may open by then.
 */
import { closeSync, openSync } from 'node:fs';
import { openStore } from '../../../agent/shell/store/open.ts';

const [folder = '', spare] = process.argv.slice(2);
if (spare !== undefined) leaveOpen(Number(spare));
const opened = await openStore({ folder, allowVolatile: true });
if (opened.state === 'refused') {
  const { code, errno, detail } = opened.error;
  process.stdout.write(`refused ${code} ${errno ?? '-'} ${detail}\n`);
} else if (opened.state === 'damaged') {
  process.stdout.write(`damaged ${JSON.stringify(opened.damage)}\n`);
} else {
  process.stdout.write(`${opened.state}\n`);
  await opened.store.close();
}

/** Opens files up to the limit, and closes so many again. */
function leaveOpen(places: number): void {
  const files: number[] = [];
  try {
    for (;;) files.push(openSync('/dev/null', 'r'));
  } catch {
    for (const file of files.slice(0, places)) closeSync(file);
  }
}
