/** Plans, neighbours and paths of the mesh, for people. */
import { isHeard } from '../../../platform/liveness.ts';
import { isFlapping } from '../../../platform/path-history.ts';
import type { Station } from '../../../platform/radio.ts';
import { harmless } from '../../core/base/characters.ts';
import type { RadioReport, RadioState, ReportedPath } from '../../shell/radio/report.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';
import { counted, duration } from './text.ts';

/** `meshpay radio plan`. */
export function renderPlan(paint: Paint, commands: readonly string[]): string {
  if (commands.length === 0) return paint.good('Nothing to do: all is as wanted.');
  return [...commands, '', `${counted(commands.length, 'command')}; nothing was run.`].join('\n');
}

/** `meshpay radio up` and `down`. */
export function renderSwitched(
  paint: Paint,
  interfaceName: string,
  state: 'up' | 'down',
  ran: readonly string[],
): string {
  const lines = ran.map((line) => paint.faint(line));
  return [...lines, `${paint.strong(interfaceName)} is ${paint.good(state)}`].join('\n');
}

/** `meshpay radio peers`. */
export function renderStations(
  paint: Paint,
  stations: readonly Station[],
  forgotten: RadioReport['forgotten'],
  nowMs: number,
): string {
  const table = renderTable(
    paint,
    [
      { title: 'neighbour' },
      { title: 'state' },
      { title: 'signal', align: 'right' },
      { title: 'send', align: 'right' },
      { title: 'receive', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: 'metric', align: 'right' },
      { title: 'heard', align: 'right' },
      { title: 'link', align: 'right' },
      { title: 'protected' },
    ],
    stations.map((station) => [
      station.address,
      linkText(paint, station),
      signalText(station),
      rate(station.txRateKbps),
      rate(station.rxRateKbps),
      rate(station.expectedThroughputKbps),
      `${station.airtimeMetric ?? ''}`,
      duration(station.inactiveMs),
      duration(station.connectedSeconds * 1000),
      station.protectedManagement && station.authorized ? 'yes' : paint.bad('no'),
    ]),
  );
  const here = new Set(stations.map(({ address }) => address));
  const lost = forgotten.filter(({ address }) => !here.has(address));
  const dead = lost.map(({ address, atMs }) =>
    paint.warn(`${address} fell silent ${duration(Math.max(0, nowMs - atMs))} ago`),
  );
  const body = stations.length === 0 ? 'No neighbours.' : table;
  return dead.length === 0 ? body : [body, '', ...dead].join('\n');
}

/** What was seen, and why it may be so little. */
export function renderBelowState(paint: Paint, state: RadioState, seen: string): string {
  if (state === 'up') return seen;
  const why = `The mesh is not up (${state}): "meshpay radio status" says why.`;
  return `${paint.warn(why)}\n${seen}`;
}

/** `meshpay radio paths`. */
export function renderPaths(paint: Paint, paths: readonly ReportedPath[]): string {
  if (paths.length === 0) return 'No paths. They are looked for when something is sent.';
  return renderTable(
    paint,
    [
      { title: 'destination' },
      { title: 'next hop' },
      { title: 'hops', align: 'right' },
      { title: 'metric', align: 'right' },
      { title: 'holds', align: 'right' },
      { title: 'changes/h', align: 'right' },
      { title: 'state' },
    ],
    paths.map((path) => [
      path.destination,
      path.nextHop,
      `${path.hopCount ?? ''}`,
      `${path.metric}`,
      duration(path.expiresMs),
      `${path.changesPerHour}`,
      pathText(paint, path),
    ]),
  );
}

function signalText({ signalDbm, signalAverageDbm }: Station): string {
  const signal = signalAverageDbm ?? signalDbm;
  return signal === undefined ? '' : `${signal} dBm`;
}

/** A rate in kbit/s: "13 Mbit/s". */
export function rate(kbps: number | undefined): string {
  return kbps === undefined ? '' : `${Math.round(kbps / 100) / 10} Mbit/s`;
}

function linkText(paint: Paint, station: Station): string {
  const { peerLink } = station;
  if (peerLink === 'ESTAB') return isHeard(station) ? paint.good('peered') : paint.bad('silent');
  return peerLink === undefined ? '' : paint.warn(harmless(peerLink.toLowerCase()));
}

function pathText(paint: Paint, { active, resolving, changesPerHour }: ReportedPath): string {
  if (isFlapping(changesPerHour)) return paint.warn('flapping');
  if (active) return paint.good('active');
  return resolving ? paint.warn('looked for') : paint.faint('not in use');
}
