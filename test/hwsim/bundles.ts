/**
 * The programs that run inside the machine, each made into one file with all that it imports: a
 * machine opens files slowly. They lie beside the daemon's own bundle, where native packages are
 * found.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { BUNDLED_MESHPAYD } from '../process/process.ts';

const BUILT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** As `npm run build` has made it. */
export const MESHPAYD = BUNDLED_MESHPAYD;
export const MESHPAY_RADIO = bundleNamed('hwsim-radio');
export const MESHPAY = bundleNamed('hwsim-meshpay');
export const DRIVER = bundleNamed('hwsim-driver');
export const LIMITED_RADIO = bundleNamed('hwsim-limited-radio');

/** As on a router: little memory for the young generation, and not much for the old one. */
export const ROUTER_FLAGS = [
  '--max-semi-space-size=1',
  '--max-old-space-size=48',
  '--optimize-for-size',
];

export async function makeBundles(): Promise<void> {
  await Promise.all([
    bundle('agent/bin/meshpay-radio.js', MESHPAY_RADIO),
    bundle('agent/bin/meshpay.js', MESHPAY),
    bundle('test/hwsim/guest/driver.js', DRIVER),
    bundle('test/hwsim/guest/limited-radio.js', LIMITED_RADIO),
  ]);
}

function bundleNamed(name: string): string {
  return join(BUILT, 'bundle', `${name}.mjs`);
}

async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(BUILT, entry)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['classic-level', 'netlink'],
    logLevel: 'warning',
    banner: {
      js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);",
    },
    outfile,
  });
}
