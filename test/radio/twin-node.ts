/**
 * A node in a network namespace, for twins.test.ts: sends beacons on mesh0 and listens for its own
 * key. Argument: its number. Sends any packet to the group that its parent hands it.
 */
import { createTwinWatch, type TwinCounts } from '../../agent/shell/daemon/parts/twin-watch.ts';
import { Discovery } from '../../agent/shell/net/discovery.ts';
import { openMulticast } from '../../agent/shell/net/multicast.ts';
import { createVerify } from '../../agent/shell/verify.ts';
import { identityOf, NETWORK } from '../shell/net/harness.ts';

/** What the node tells, four times a second. */
export interface TwinReport {
  readonly sent: number;
  readonly forged: number;
  readonly up: boolean;
  readonly twins: TwinCounts;
}

const PORT = 7421;

if (process.send !== undefined) {
  const { signer, publicKey } = identityOf(Number(process.argv[2]));
  const verify = createVerify();
  const firstCounter = BigInt(Date.now());
  let up = false;
  const discovery = new Discovery({
    network: NETWORK,
    interfaces: ['mesh0'],
    port: PORT,
    own: { signer, role: 'relay', tlsPort: 7420, firstCounter },
    verify,
    onFound: () => undefined,
    onInterface: (_name, problem) => {
      up = problem === undefined;
    },
    limits: { quickBeaconMs: 200, beaconMs: 1_000, interfaceRetryMs: 200 },
  });
  const twins = createTwinWatch({
    network: NETWORK,
    key: publicKey,
    interfaces: ['mesh0'],
    port: PORT,
    verify,
    nextCounter: () => discovery.nextCounter(),
    onTwin: () => undefined,
  });
  discovery.start();
  twins.start();
  const raw = openMulticast('mesh0', PORT, {
    onReady: () => undefined,
    onPacket: () => undefined,
    onFailed: () => undefined,
  });
  process.on('message', ({ hex }: { readonly hex: string }) => raw.send(Buffer.from(hex, 'hex')));
  setInterval(() => {
    const { sent, forged } = discovery.counts();
    process.send?.({ sent, forged, up, twins: twins.counts() } satisfies TwinReport);
  }, 250);
  process.on('disconnect', () => process.exit());
}
