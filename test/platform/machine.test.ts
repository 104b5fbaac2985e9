/**
 * The tests of this folder that need 802.11 in the kernel, in a machine that has it: Debian's
 * kernel in QEMU with virtual radios. Minutes under emulation, so it belongs to `npm run
 * test:hwsim`. Skipped with the reason where such a machine cannot be had.
 */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { prepareHost } from '../hwsim/host.ts';
import { topologyOf } from '../hwsim/topology.ts';
import { bootWorld, type World } from '../hwsim/world.ts';

const RADIOS = 3;
const TIMEOUT_MS = 900_000;
const LEAST_TESTS = 10;
const SUITES = ['kernel.test.js', 'kernel-conformance.test.js'] as const;

const host = await prepareHost((text) => void process.stdout.write(`# hwsim: ${text}\n`));
const skip = host.kind === 'unavailable' ? host.reason : false;

describe('in a machine with virtual radios', { skip }, () => {
  for (const suite of SUITES) {
    it(`passes ${suite}`, async (context) => {
      assert.ok(host.kind === 'ready');
      const world = await bootWorld({ host, radios: RADIOS, memoryMiB: 2_048 });
      try {
        await gatherRadios(world);
        const file = join(dirname(fileURLToPath(import.meta.url)), suite);
        const argv = [process.execPath, '--test', '--test-reporter=tap', file];
        const options = { timeoutMs: TIMEOUT_MS, cwd: process.cwd() };
        const { code, stdout } = await world.outside.exec(argv, options);
        for (const line of stdout.split('\n')) {
          if (/^ *(not )?ok |^ *# (pass|dropped|peered)/.test(line)) {
            context.diagnostic(line.trim());
          }
        }
        assert.equal(code, 0, stdout.slice(-6_000));
        const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
        assert.ok(passed > LEAST_TESTS, `${passed} tests passed: was the suite skipped?`);
      } finally {
        await world.close();
      }
    });
  }
});

/** All radios in the first namespace, where all of them hear each other. */
async function gatherRadios(world: World): Promise<void> {
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const;
  await world.topology(topologyOf(RADIOS, pairs));
  for (const node of world.nodes) {
    const { code, stderr } = await node.exec(['iw', 'phy', node.phy, 'set', 'netns', '1']);
    assert.equal(code, 0, stderr);
  }
}
