/**
 * `meshpay radio watch`: for whoever walks around to place a node. A picture that fits the
 * terminal, a line where there is none, or an object for a program.
 */
import { isHeard } from '../../../platform/liveness.ts';
import type { MeshPath, Station } from '../../../platform/radio.ts';
import { harmless } from '../../core/base/characters.ts';
import { hasQuorum, type QuorumView } from '../../shell/radio/quorum.ts';
import type { RadioReport } from '../../shell/radio/report.ts';
import { type Paint, widthOf } from './paint.ts';
import { rate } from './radio.ts';
import { renderTable } from './table.ts';
import { counted, duration } from './text.ts';

/** What is seen at one moment. */
export interface Sight {
  readonly reports: readonly RadioReport[];
  /** Whether each of them was written just now. */
  readonly fresh: boolean;
  /** Undefined where no node answers. */
  readonly quorum: QuorumView | undefined;
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Below it a column is left out. */
const NARROW_COLUMNS = 60;
/** Signals in dBm from which on another bar is lit: enough for the slowest rates, and so on. */
const BARS_DBM = [-85, -78, -70, -60];

/** 0 to 4. */
export function barsOf(signalDbm: number | undefined): number {
  return BARS_DBM.filter((least) => signalDbm !== undefined && signalDbm >= least).length;
}

/** Nodes by how many hops they are away. */
export function hopsOf(paths: readonly MeshPath[]): ReadonlyMap<number, number> {
  const hops = paths.filter(({ active }) => active).flatMap(({ hopCount = 0 }) => hopCount || []);
  const counts = new Map<number, number>();
  for (const hop of hops.sort((left, right) => left - right)) {
    counts.set(hop, (counts.get(hop) ?? 0) + 1);
  }
  return counts;
}

/** The best heard first. */
export function heardBest(stations: readonly Station[]): readonly Station[] {
  const peers = stations.filter(({ peerLink }) => peerLink === 'ESTAB');
  return [...peers].sort((left, right) => {
    const order = Number(isHeard(right)) - Number(isHeard(left));
    return order || (signalOf(right) ?? -1000) - (signalOf(left) ?? -1000);
  });
}

/** Lines of at most so many columns, and no more of them than the screen has. */
export function renderSight(paint: Paint, sight: Sight, { columns, rows }: ScreenSize): string {
  const last = [paymentText(paint, sight.quorum), paint.faint('Ctrl-C ends it.')];
  const silent = sight.fresh ? [] : [paint.bad('meshpay-radio says nothing any more')];
  const room = rows - 1 - last.length - silent.length;
  const shares = sight.reports.map((report, i) => {
    const lines = meshLines(paint, report, columns);
    const before = Math.floor((room * i) / sight.reports.length);
    const most = Math.floor((room * (i + 1)) / sight.reports.length) - before;
    return shortened(paint, lines, most);
  });
  const lines = [...silent, ...shares.flat(), ...last];
  return lines.map((line) => cutTo(line, columns - 1)).join('\n');
}

/** One line, for a log or a pipe. */
export function sightLine({ reports, fresh, quorum }: Sight): string {
  const meshes = reports.map(({ wanted, state, stations, paths }) => {
    const heard = heardBest(stations).filter((station) => isHeard(station));
    const [best] = heard;
    const signal = best === undefined ? undefined : signalOf(best);
    const strongest = best && signal !== undefined ? `, best ${best.address} ${signal} dBm` : '';
    const furthest = Math.max(0, ...hopsOf(paths).keys());
    const far = furthest === 0 ? '' : `, ${counted(furthest, 'hop')} at most`;
    const name = harmless(wanted?.interfaceName ?? '?');
    return `${name} ${state}: ${counted(heard.length, 'neighbour')}${strongest}${far}`;
  });
  const pay = quorum === undefined ? 'unknown' : hasQuorum(quorum) ? 'yes' : 'no';
  return [...(fresh ? [] : ['no news']), ...meshes, `payment ${pay}`].join('; ');
}

/** For a program: one object a moment. */
export function sightView({ reports, fresh, quorum }: Sight) {
  return {
    fresh,
    payment: quorum === undefined ? null : { possible: hasQuorum(quorum), ...quorum },
    meshes: reports.map(({ uptimeMs, wanted, state, stations, paths }) => ({
      interfaceName: wanted?.interfaceName ?? null,
      uptimeMs,
      state,
      neighbours: heardBest(stations).map((station) => ({
        address: station.address,
        heard: isHeard(station),
        inactiveMs: station.inactiveMs,
        signalDbm: signalOf(station) ?? null,
        bars: barsOf(signalOf(station)),
        expectedKbps: station.expectedThroughputKbps ?? null,
      })),
      hops: Object.fromEntries(hopsOf(paths)),
    })),
  };
}

function meshLines(paint: Paint, report: RadioReport, columns: number): readonly string[] {
  const { wanted, mesh, state, stations, paths } = report;
  const where = mesh?.frequencyMhz === undefined ? '' : `  ${mesh.frequencyMhz} MHz`;
  const head = `${paint.strong(harmless(wanted?.interfaceName ?? '?'))}  ${state}${where}`;
  const isNarrow = columns < NARROW_COLUMNS;
  const titles = ['neighbour', 'signal', '', 'heard', ...(isNarrow ? [] : ['expected'])];
  const table = renderTable(
    paint,
    titles.map((title, i) => ({ title, align: i < 2 ? 'left' : 'right' })),
    heardBest(stations).map((station) => {
      const signal = signalOf(station);
      const cells = [
        isHeard(station) ? station.address : paint.bad(station.address),
        barsText(paint, isHeard(station) ? barsOf(signal) : 0),
        signal === undefined ? '' : `${signal} dBm`,
        duration(station.inactiveMs),
      ];
      return isNarrow ? cells : [...cells, rate(station.expectedThroughputKbps)];
    }),
  );
  const hops = [...hopsOf(paths)].map(([hop, count]) => `${hop}: ${counted(count, 'node')}`);
  return [
    head,
    ...(stations.length === 0 ? [paint.warn('no neighbour')] : table.split('\n')),
    `${paint.faint('hops')}  ${hops.join('  ') || 'none'}`,
  ];
}

/** The first and the last line stay; of those between, as many as there is room for. */
function shortened(paint: Paint, lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  const kept = Math.max(1, most - 2);
  const left = lines.length - 1 - kept;
  return [...lines.slice(0, kept), paint.faint(`and ${left} more`), ...lines.slice(-1)];
}

function barsText(paint: Paint, bars: number): string {
  const text = '#'.repeat(bars);
  const lit = bars > 2 ? paint.good(text) : bars > 1 ? paint.warn(text) : paint.bad(text);
  return `${lit}${paint.faint('-'.repeat(BARS_DBM.length - bars))}`;
}

function paymentText(paint: Paint, quorum: QuorumView | undefined): string {
  if (quorum === undefined) return `payment  ${paint.warn('unknown')}: no node answers here`;
  const count = `${quorum.voters} authorities vote, ${quorum.quorum} needed`;
  const word = hasQuorum(quorum) ? paint.good('yes') : paint.bad('no');
  return `payment  ${word}: ${count}`;
}

function signalOf({ signalAverageDbm, signalDbm }: Station): number | undefined {
  return signalAverageDbm ?? signalDbm;
}

/** A painted line, cut at so many columns; what was painted does not run on. */
function cutTo(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let [width, end] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI sequences begin with ESC.
  for (const [part] of line.matchAll(/\u001b\[[0-9;]*m|./gu)) {
    if (part.length === 1 || !part.startsWith('\u001b')) {
      if (width === columns) break;
      width += 1;
    }
    end += part.length;
  }
  const rest = line.slice(end);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  return line.slice(0, end) + (rest.match(/\u001b\[[0-9;]*m/g) ?? []).join('');
}
