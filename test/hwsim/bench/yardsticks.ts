/**
 * How fast the machine itself is by its own clock, beside the host: checks of signatures and hashes
 * that one core makes in a second, a start of Node, and how long a busy second takes outside.
 */
import { spawnSync } from 'node:child_process';
import { median } from '../figures.ts';
import { COUNTED_MIPS } from '../machine.ts';
import { bootWorld } from '../world.ts';
import type { Bench } from './scene.ts';
import { ms, type Row } from './table.ts';

const STARTS = 5;

/** Ed25519 checks and SHA-256 megabytes in a second by node:crypto, after a second to get warm. */
const WORK = `
const { createHash, generateKeyPairSync, sign, verify } = require('node:crypto');
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const bytes = Buffer.alloc(200);
const signature = sign(null, bytes, privateKey);
const megabyte = Buffer.alloc(1e6);
function inOneSecond(work) {
  let count = 0;
  const begin = performance.now();
  while (performance.now() - begin < 2000) {
    if (performance.now() - begin > 1000) count += 1;
    work();
  }
  return count;
}
console.log(JSON.stringify({
  checks: inOneSecond(() => verify(null, bytes, publicKey, signature)),
  megabytes: inOneSecond(() => createHash('sha256').update(megabyte).digest()),
}));
`;

interface Work {
  readonly checks: number;
  readonly megabytes: number;
}

export async function measureYardsticks({ host }: Bench): Promise<Row[]> {
  const world = await bootWorld({ host, radios: 1, clock: 'counted' });
  try {
    const { outside, time } = world;
    const beginMs = await time.nowMs();
    const beginWallMs = performance.now();
    const inside = workOf(await outside.must([process.execPath, '-e', WORK]));
    const slowness = (performance.now() - beginWallMs) / ((await time.nowMs()) - beginMs);
    const outsideWork = workOf(spawnSync(process.execPath, ['-e', WORK]).stdout.toString());
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i += 1) {
      const begin = await time.nowMs();
      await outside.must([process.execPath, '-e', '0']);
      starts.push((await time.nowMs()) - begin);
    }
    return [
      {
        what: 'the machine: one processor for all nodes together',
        figure: `${COUNTED_MIPS} MIPS, counted; Linux ${world.figures.kernel}`,
      },
      {
        what: 'Ed25519 checks a second, in the machine and on one core of the host',
        figure: `${inside.checks} and ${outsideWork.checks}`,
      },
      {
        what: 'SHA-256, the same',
        figure: `${inside.megabytes} and ${outsideWork.megabytes} MB/s`,
      },
      { what: 'start of Node in the machine', figure: ms(median(starts)) },
      {
        what: 'a busy second of the machine takes on this host',
        figure: `${slowness.toFixed(1)} s`,
      },
    ];
  } finally {
    await world.close();
  }
}

function workOf(text: string): Work {
  return JSON.parse(text) as Work;
}
