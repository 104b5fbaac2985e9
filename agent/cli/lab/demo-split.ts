/**
 * A mesh that splits in two halves and heals. Every node starts again with a configuration that
 * knows the addresses of its own half alone, so no way leads across; it heals as an operator would
 * do it, with the addresses back in the file and `reload`. The nodes' own configurations stay as
 * they are: a lab that ends while it is split is whole the next time.
 */
import { join } from 'node:path';
import { replaceFile } from '../../../platform/file-writer.ts';
import type { Amount } from '../../core/base/units.ts';
import { readConfig, writeConfig } from '../../shell/config/config.ts';
import type { Config } from '../../shell/config/config-schema.ts';
import { askControl } from '../../shell/control/client.ts';
import { type Address, sameAddress } from '../../shell/net/address.ts';
import { isFault } from '../../wallet/fault.ts';
import { pay } from '../../wallet/pay.ts';
import type { PayCommand, WithdrawCommand } from '../../wallet/request.ts';
import { beside } from '../../wallet/until.ts';
import { failure } from '../failure.ts';
import { duration, listed } from '../render/text.ts';
import { withdrawalOf } from './demo-cash.ts';
import { HRS, type Person, reopen, type Story } from './demo-story.ts';
import type { Lab, LabNode } from './lab.ts';
import { untilEqual } from './lab-waits.ts';

const SPLIT_FILE = 'meshpayd.split.toml';
/** How long a wallet asks that cannot succeed. */
const HOPELESS_MS = 1_000;
const UP_WITHIN_MS = 30_000;

/** The two halves: of an even number of authorities neither is a quorum. */
function halvesOf(lab: Lab): readonly [readonly LabNode[], readonly LabNode[]] {
  const authorities = lab.nodes.filter(({ role }) => role === 'authority');
  const middle = Math.floor(authorities.length / 2);
  const first = authorities.slice(0, middle);
  return [first, lab.nodes.filter((node) => !first.includes(node))];
}

/** The first of both is left with the first half, the other one with the second, and the relay. */
export async function split(
  lab: Lab,
  [one, other]: readonly [Person, Person],
  story: Story,
  signal: AbortSignal,
): Promise<void> {
  const [first, second] = halvesOf(lab);
  story.busy('The mesh splits: each half starts without a way to the other one...');
  await Promise.all([cutOff(lab, first), cutOff(lab, second)]);
  story.said(`${names(first)} hear nothing of ${names(second)}, nor these of them`);
  const addresses = (half: readonly LabNode[], role: LabNode['role']): readonly Address[] =>
    half.filter((node) => node.role === role).map(({ address }) => address);
  const relays = addresses(second, 'relay');
  await reopen(one, addresses(first, 'authority'));
  await reopen(other, relays.length > 0 ? relays : addresses(second, 'authority'));
  const payment = (to: Person): PayCommand => {
    return { recipient: to.session.account, token: HRS, amount: 100n as Amount, memo: '' };
  };
  await Promise.all([
    inVain(lab, one, withdrawalOf(100n), signal),
    inVain(lab, other, payment(one), signal),
  ]);
  const all = lab.nodes.filter(({ role }) => role === 'authority').length;
  const share = `${first.length} authorities of ${all} are no quorum`;
  story.said(`${one.wallet.name} cannot withdraw in one half: ${share}, and nothing is signed`);
  story.said(`${other.wallet.name} cannot pay in the other half either`);
}

/** The halves hear each other again; how long it took until all ledgers were equal. */
export async function heal(
  lab: Lab,
  people: readonly Person[],
  story: Story,
  signal: AbortSignal,
): Promise<number> {
  story.busy('The halves find each other...');
  const begun = performance.now();
  for (const node of lab.nodes) {
    replaceFile(join(node.daemon.folder, SPLIT_FILE), writeConfig(configOf(node)), 0o600);
    await askControl(node.daemon.socket, 'reload');
  }
  const authorities = lab.nodes.filter(({ role }) => role === 'authority');
  for (const { daemon } of authorities) {
    const hearsAll = daemon.until(
      ({ state, links }) => state === 'ready' && links.members === authorities.length - 1,
      'links to all authorities',
      UP_WITHIN_MS,
    );
    await beside(lab.watchers, hearsAll);
  }
  await untilEqual(lab, signal);
  const healedMs = performance.now() - begun;
  story.said(`all hear all; the ledgers are the same ${duration(healedMs)} after the healing`);
  for (const person of people) await reopen(person);
  return healedMs;
}

async function cutOff(lab: Lab, half: readonly LabNode[]): Promise<void> {
  await Promise.all(
    half.map(async (node) => {
      const { daemon } = node;
      const file = join(daemon.folder, SPLIT_FILE);
      const config = configOf(node);
      const peers = config.peers.filter(({ address }) =>
        half.some((each) => sameAddress(each.address, address)),
      );
      replaceFile(file, writeConfig({ ...config, peers }), 0o600);
      await daemon.stop();
      daemon.start(file);
      const isUp = daemon.until(({ state }) => state !== 'starting', 'to be up', UP_WITHIN_MS);
      await beside(lab.watchers, isUp);
    }),
  );
}

function configOf({ daemon }: LabNode): Config {
  const reading = readConfig(daemon.configFile);
  if (reading.ok) return reading.config;
  throw failure('lab_failed', { field: daemon.configFile, expected: 'a node of a lab' });
}

/** A wallet tries what it cannot do. Throws Failure if it can, or fails for another reason. */
async function inVain(
  lab: Lab,
  { session, wallet }: Person,
  command: PayCommand | WithdrawCommand,
  signal: AbortSignal,
): Promise<void> {
  const tried = await beside(
    lab.watchers,
    pay(session, command, { signal, timeoutMs: HOPELESS_MS }),
  );
  if (isFault(tried) && tried.fault === 'not_signed') return;
  if (isFault(tried) && tried.fault === 'interrupted') throw failure('interrupted');
  const expected = 'nothing signed in one half of the network';
  throw failure('lab_failed', { field: wallet.name, expected, found: 'another end' });
}

function names(nodes: readonly LabNode[]): string {
  return listed(nodes.map(({ name }) => name));
}
