/**
 * The radio's part of `meshpay doctor`, from what meshpay-radio reports: the node itself has no
 * right to look. Beside that, what only the node can see: beacons that do not pass, and its own key
 * elsewhere.
 */
import { describeFault } from '../../../../platform/fault.ts';
import { isHeard } from '../../../../platform/liveness.ts';
import type { Station } from '../../../../platform/radio.ts';
import { radiosOf } from '../../config/config-radios.ts';
import type { Config } from '../../config/config-schema.ts';
import type { CheckView } from '../../control/check.ts';
import { type RadioReading, type RadioReport, readRadioReport } from '../../radio/report.ts';
import { hasRadio, remedyFor } from '../../radio/settings.ts';
import type { DaemonContext } from '../context.ts';
import type { TwinCounts } from '../parts/twin-watch.ts';
import { found, well } from './finding.ts';
import { judgeLog } from './log-check.ts';

/** Four beacons of a neighbour: their interval is 15 s (DISCOVERY_LIMITS). */
const DEAF_AFTER_MS = 60_000;

/** One that a person would wonder about. */
const LONG_PAUSE_MS = 120_000;

/** What the node knows besides the report. */
export interface MeshSenses {
  readonly nowMs: number;
  readonly heardAtMs: number | undefined;
  readonly startedMs: number;
  readonly twins: TwinCounts;
  /** Whether neighbours could connect to this node over the mesh. */
  readonly isOpen: boolean;
}

export function radioChecks(context: DaemonContext): readonly CheckView[] {
  const { config, clock, running, startedMs } = context;
  if (!hasRadio(config)) return [well('radio', 'no mesh radio is configured (radio.body)')];
  const hosts = config['listen.addresses'].map(({ host }) => host);
  const senses: MeshSenses = {
    nowMs: clock.stamp().nowMs,
    heardAtMs: running?.beacons.heardAtMs,
    startedMs,
    twins: running?.beacons.twins() ?? { heard: 0, certain: 0 },
    isOpen: hosts.some((host) => host === '::' || /^f[de]/i.test(host)),
  };
  const [first, ...others] = radiosOf(config);
  return [
    ...judgeRadio(readRadioReport(first['radio.status_file']), senses),
    ...others.flatMap((radio) => judgeFurther(radio, senses)),
  ];
}

/** What is said of the node as a whole stands with its first radio. */
const OF_NODE: ReadonlySet<string> = new Set([
  'node key',
  'multicast',
  'radio log',
  'mesh address',
]);

function judgeFurther(radio: Config, senses: MeshSenses): readonly CheckView[] {
  const checks = judgeRadio(readRadioReport(radio['radio.status_file']), senses);
  return checks
    .filter(({ name }) => !OF_NODE.has(name))
    .map((check) => ({ ...check, name: `${check.name} (${radio['radio.interface']})` }));
}

/** The checks of a report. Pure. */
export function judgeRadio(reading: RadioReading, senses: MeshSenses): readonly CheckView[] {
  if (!reading.found || (!reading.fresh && reading.report.faults.length === 0)) {
    const age = reading.found
      ? `has said nothing for ${Math.round(reading.ageMs / 1000)} s`
      : `has left no report (${reading.why})`;
    const mend = 'Start it: systemctl start meshpay-radio. Its log says why it ended.';
    return [found('radio', 'fail', `meshpay-radio ${age}`, mend), checkKey(undefined, senses)];
  }
  const { report, fresh } = reading;
  if (report.faults.length > 0) return [...checkFaults(report, fresh), checkKey(report, senses)];
  return [
    checkMesh(report),
    ...checkNotes(report),
    ...checkWarnings(report),
    ...checkHardware(report),
    checkNeighbours(report),
    checkPassphrase(report),
    checkProtection(report),
    checkKey(report, senses),
    checkMulticast(report, senses),
    judgeLog('radio log', report.log),
    ...(senses.isOpen ? [] : [checkMeshAddress()]),
  ];
}

function checkFaults(report: RadioReport, fresh: boolean): readonly CheckView[] {
  const how = fresh ? '' : 'meshpay-radio has ended: ';
  const restMs = (report.nextTryMs ?? 0) - report.uptimeMs;
  const isLong = fresh && restMs >= LONG_PAUSE_MS;
  const next = isLong
    ? ` It is tried again in ${Math.round(restMs / 60_000)} minutes, or at once: meshpay radio up.`
    : '';
  return report.faults.map((each) =>
    found('radio', 'fail', how + describeFault(each), sentence(remedyFor(each)) + next),
  );
}

function checkMesh({ state, mesh, wanted }: RadioReport): CheckView {
  const name = wanted?.interfaceName ?? 'the mesh';
  if (state === 'down') {
    return found('radio', 'warn', `${name} is held down`, 'Bring it up: meshpay radio up.');
  }
  if (state !== 'up' || mesh === null) {
    const mend = 'It takes some seconds; if it lasts, see the log of meshpay-radio.';
    return found('radio', 'warn', `${name} is coming up (${state})`, mend);
  }
  const limit = mesh.indoorOnly ? ', which allows this channel in buildings only' : '';
  const where = `${mesh.frequencyMhz ?? '?'} MHz in ${mesh.country ?? '?'}${limit}`;
  return well('radio', `${name} is up on ${mesh.phyName ?? '?'}, ${where}`);
}

/** What may disturb a mesh that is up. */
function checkWarnings({ mesh }: RadioReport): readonly CheckView[] {
  return (mesh?.warnings ?? []).map((each) =>
    found('radio', 'warn', describeFault(each), sentence(remedyFor(each))),
  );
}

function checkNotes({ notes }: RadioReport): readonly CheckView[] {
  return notes.map((note) => {
    if (note.startsWith('radio.passphrase_file')) {
      return found('passphrase file', 'warn', note, 'Take it out, unless all nodes have it.');
    }
    const mend = 'Others still find this node by its beacons; see genesis and node_key.';
    return found('mesh address', 'warn', note, mend);
  });
}

/** Cheap radios are sold with one address for all of them. It says nothing of the node's key. */
function checkHardware({ duplicates, mesh }: RadioReport): readonly CheckView[] {
  const { ofHardware } = duplicates;
  if (ofHardware.length === 0) return [];
  const address = mesh?.address ?? '?';
  const what = `another node's radio has the hardware address ${address} (${ofHardware.join(', ')})`;
  const mend =
    'Give one of the two radios another hardware address: two with the same never peer, and frames ' +
    'for one reach the other.';
  return [found('hardware address', 'fail', what, mend)];
}

function checkNeighbours(report: RadioReport): CheckView {
  const count = peered(report).length;
  if (count > 0) return well('neighbours', `${count} on the mesh`);
  const silent = report.stations.filter(({ peerLink }) => peerLink === 'ESTAB');
  if (silent.length > 0) {
    const names = silent.map(({ address }) => address).join(', ');
    const revive = 'meshpay-radio starts the radio anew after three minutes without any.';
    return found('neighbours', 'fail', `nobody is heard any more: not ${names}`, revive);
  }
  const mend =
    'Compare radio.mesh_id, radio.channel and the passphrase with a neighbour, and come nearer. Its ' +
    'radio must have another hardware address than this one (meshpay radio status): two with the ' +
    'same never peer.';
  return found('neighbours', 'warn', 'none is peered with this node', mend);
}

function checkPassphrase(report: RadioReport): CheckView {
  const failures = report.mesh?.saeFailures ?? [];
  if (failures.length === 0) return well('passphrase', 'no neighbour has failed SAE');
  const list = failures.map(({ address, count }) => `${address} (${count} times)`).join(', ');
  // With other peers it is the neighbour that is odd, without any it may be this node.
  const verdict = peered(report).length === 0 ? 'fail' : 'warn';
  const mend =
    'Compare the passphrase files of both: one of the two may have another passphrase. If they are the ' +
    'same, frames are lost (come nearer) or one of the two is slow; after several failures a neighbour ' +
    'is not listened to for five minutes.';
  return found('passphrase', verdict, `SAE failed with ${list}`, mend);
}

function checkProtection(report: RadioReport): CheckView {
  const open = peered(report).filter(
    ({ authorized, protectedManagement }) => !authorized || !protectedManagement,
  );
  if (open.length === 0) return well('protection', 'frames of all neighbours are protected (MFP)');
  const list = open.map(({ address }) => address).join(', ');
  const mend =
    'The mesh was not made by meshpay-radio, or the driver lies: take it down and up again.';
  return found('protection', 'fail', `management frames are not protected with ${list}`, mend);
}

function checkKey(report: RadioReport | undefined, { twins }: MeshSenses): CheckView {
  const duplicates = report?.duplicates.ofKey ?? [];
  const mend =
    'Two nodes have one key: stop one of them at once, and give it a key of its own. An authority ' +
    'that runs twice can be made to sign twice.';
  if (twins.certain > 0 || duplicates.length > 0) {
    const heard = twins.certain > 0 ? [`${twins.certain} beacons of another node`] : [];
    const shared = duplicates.map((address) => `the address ${address} is taken`);
    return found('node key', 'fail', `this key is elsewhere: ${[...heard, ...shared]}`, mend);
  }
  if (twins.heard === 0) return well('node key', 'no other node uses it');
  const what = `${twins.heard} beacons with this key came from elsewhere: a twin, or replays`;
  return found('node key', 'warn', what, mend);
}

/** Beacons are the multicast that matters; silence counts only while somebody is there to hear. */
function checkMulticast(report: RadioReport, senses: MeshSenses): CheckView {
  const { nowMs, heardAtMs, startedMs } = senses;
  const silentMs = nowMs - (heardAtMs ?? startedMs);
  const longMs = DEAF_AFTER_MS / 1000;
  const settled = peered(report).some(({ connectedSeconds }) => connectedSeconds > longMs);
  const tooEarly = heardAtMs === undefined && silentMs < DEAF_AFTER_MS;
  if (!settled || tooEarly) return well('multicast', 'it is too early to tell');
  if (silentMs < DEAF_AFTER_MS) return well('multicast', 'beacons of other nodes arrive');
  const what = `neighbours are peered, but no beacon came for ${Math.round(silentMs / 1000)} s`;
  const mend =
    'Look whether meshpayd runs there and whether a firewall drops UDP 7421; a lower ' +
    'radio.mcast_rate reaches further.';
  return found('multicast', 'warn', what, mend);
}

function checkMeshAddress(): CheckView {
  const mend = 'Set listen.addresses = ["[::]:7420"].';
  return found('mesh address', 'warn', 'nobody can connect to this node over the mesh', mend);
}

function peered({ stations }: RadioReport): readonly Station[] {
  return stations.filter((station) => isHeard(station));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
