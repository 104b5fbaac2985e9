/** How slow the machine itself is: signature checks and starts of Node, inside and outside. */
import { spawnSync } from 'node:child_process';
import { median } from '../figures.ts';
import { bootWorld } from '../world.ts';
import type { Bench } from './main.ts';
import { ms, type Row } from './table.ts';

const STARTS = 5;

/** Checks of an Ed25519 signature in a second by node:crypto, after a second to get warm. */
const CHECKS = `
const { generateKeyPairSync, sign, verify } = require('node:crypto');
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const bytes = Buffer.alloc(200);
const signature = sign(null, bytes, privateKey);
let count = 0;
const begin = performance.now();
while (performance.now() - begin < 2000) {
  if (performance.now() - begin > 1000) count += 1;
  verify(null, bytes, publicKey, signature);
}
console.log(count);
`;

export async function measureYardsticks({ host }: Bench): Promise<Row[]> {
  const world = await bootWorld({ host, radios: 1 });
  try {
    const inside = Number(await world.outside.must([process.execPath, '-e', CHECKS]));
    const outside = Number(spawnSync(process.execPath, ['-e', CHECKS]).stdout.toString());
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i += 1) {
      const begin = performance.now();
      await world.outside.must([process.execPath, '-e', '0']);
      starts.push(performance.now() - begin);
    }
    return [
      {
        what: 'Ed25519 checks a second on one core, inside the machine and on the host',
        figure: `${inside} and ${outside}`,
      },
      { what: 'start of Node inside the machine', figure: ms(median(starts)) },
      {
        what: 'the machine',
        figure: `${world.figures.kernel} on ${world.figures.accelerator}, 2 cores`,
      },
    ];
  } finally {
    await world.close();
  }
}
