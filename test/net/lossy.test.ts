import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { prepareHost } from '../hwsim/host.ts';
import { bootWorld } from '../hwsim/world.ts';
import { checkBalances, untilEqual } from '../process/crash.ts';
import { whyNoNamespaces, whyNoNetem } from '../support/namespaces.ts';
import { type Mesh, startMesh } from './mesh.ts';

const PATIENCE_SECONDS = 180;
const IN_MACHINE = 'MESHPAY_TEST_IN_MACHINE';
const ASK_MACHINE = 'MESHPAY_TEST_NETEM_MACHINE';

/** Where this suite can run: here, in a virtual machine whose kernel has netem, or nowhere. */
const hereReason = whyNoNamespaces() ?? whyNoNetem();
const isInside = process.env[IN_MACHINE] !== undefined;

/** The machine emulates every instruction here, so it is entered only when asked for. */
function whyNotInMachine(): string | boolean {
  if (hereReason === undefined || isInside) return true;
  return process.env[ASK_MACHINE] === undefined && `set ${ASK_MACHINE}=1 to run it in one`;
}

/** netem's words for links of growing badness. */
const LINKS = {
  'delay of 40 ms with jitter': ['delay', '40ms', '10ms'],
  'duplicates and reordering': ['delay', '10ms', 'reorder', '25%', '50%', 'duplicate', '10%'],
  'a quarter of all packets lost': ['loss', '25%', 'delay', '5ms'],
  'half of all packets lost': ['loss', '50%', 'delay', '5ms'],
} as const;

describe('a committee in network namespaces', { skip: hereReason ?? false }, () => {
  let mesh: Mesh;

  before(async () => {
    mesh = await startMesh();
  });

  after(() => mesh?.close());

  it('finds itself by beacons alone, and takes a payment', async () => {
    await mesh.pay(PATIENCE_SECONDS);
    await untilEqual(mesh.network);
  });

  for (const [name, badness] of Object.entries(LINKS)) {
    it(`completes payments over links with ${name}`, async (context) => {
      mesh.worsen(badness);
      const tookMs: number[] = [];
      for (let i = 0; i < 3; i++) tookMs.push(Math.round(await mesh.pay(PATIENCE_SECONDS)));
      context.diagnostic(`three payments, start of the command included: ${tookMs.join(', ')} ms`);
      mesh.worsen(undefined);
      await untilEqual(mesh.network);
    });
  }

  it('goes on without a member that is cut off, which catches up when it is back', async () => {
    mesh.cut(3);
    for (let i = 0; i < 3; i++) await mesh.pay(PATIENCE_SECONDS);
    mesh.heal(3);
    await untilEqual(mesh.network);
    await checkBalances(mesh.network);
    for (const node of mesh.network.nodes) {
      assert.equal((await node.control.request('status')).voting.may, true);
    }
  });
});

describe('the same in a virtual machine', { skip: whyNotInMachine() }, () => {
  it('passes there', async (context) => {
    const say = (text: string): void => context.diagnostic(text);
    const host = await prepareHost(say);
    if (host.kind === 'unavailable') {
      context.skip(`${hereReason}; and no virtual machine: ${host.reason}`);
      return;
    }
    const world = await bootWorld({ host, radios: 1, memoryMiB: 2_048 });
    try {
      const argv = [
        process.execPath,
        '--test',
        '--test-reporter=tap',
        fileURLToPath(import.meta.url),
      ];
      const options = { timeoutMs: 900_000, env: { [IN_MACHINE]: '1' }, cwd: process.cwd() };
      const { code, stdout } = await world.outside.exec(argv, options);
      for (const line of stdout.split('\n')) {
        if (/^ *(not )?ok |^ *# three payments/.test(line)) context.diagnostic(line.trim());
      }
      assert.equal(code, 0, stdout.slice(-3_000));
    } finally {
      await world.close();
    }
  });
});

if (hereReason !== undefined) process.stdout.write(`# not on this kernel: ${hereReason}\n`);
