/** `meshpay radio status` for people. */
import { describeFault } from '../../../platform/fault.ts';
import { isHeard } from '../../../platform/liveness.ts';
import { harmless } from '../../core/base/characters.ts';
import type { RadioReport, RadioState } from '../../shell/radio/report.ts';
import { remedyFor } from '../../shell/radio/settings.ts';
import type { Paint } from './paint.ts';
import { renderFields } from './table.ts';
import { counted, duration, listed } from './text.ts';

export function renderRadioStatus(paint: Paint, report: RadioReport): string {
  const { wanted, mesh, stations, paths, faults, notes, duplicates } = report;
  const peers = stations.filter((station) => isHeard(station)).length;
  const silent = stations.filter(({ peerLink }) => peerLink === 'ESTAB').length - peers;
  const since = duration(Math.max(0, report.uptimeMs - report.sinceMs));
  const fields: [string, string][] = [
    ['mesh', `${stateText(paint, report.state)} for ${since}`],
    ['body', report.body],
  ];
  if (wanted !== null) {
    fields.push(
      ['interface', `${paint.strong(harmless(wanted.interfaceName))}  ${mesh?.address ?? ''}`],
      ['mesh id', harmless(wanted.meshId)],
      ['radio', mesh?.phyName ?? paint.faint('none')],
      ['channel', channelText(paint, report)],
      ['country', mesh?.country ?? `${wanted.country} (wanted)`],
      ['addresses', (mesh?.ipv6 ?? wanted.addresses).join('\n') || 'none'],
    );
  }
  fields.push(
    ['neighbours', neighboursText(paint, peers, silent)],
    ['paths', counted(paths.filter(({ active }) => active).length, 'active path')],
  );
  const failures = mesh?.saeFailures ?? [];
  if (failures.length > 0) {
    const names = listed(failures.map(({ address }) => address));
    fields.push(['passphrase', paint.bad(`SAE failed with ${names}`)]);
  }
  const { ofKey, ofHardware } = duplicates;
  if (ofKey.length > 0) {
    fields.push(['TWIN', paint.bad(`another node has ${listed(ofKey)}`)]);
  }
  if (ofHardware.length > 0) {
    const address = mesh?.address ?? listed(ofHardware);
    fields.push(['hardware', paint.bad(`the radio of another node has ${address} too`)]);
  }
  for (const note of notes) fields.push(['note', paint.warn(harmless(note))]);
  for (const warning of mesh?.warnings ?? []) {
    const mend = `${paint.accent('mend:')} ${remedyFor(warning)}`;
    fields.push(['warning', `${paint.warn(harmless(describeFault(warning)))}\n${mend}`]);
  }
  for (const fault of faults) {
    const mend = `${paint.accent('mend:')} ${remedyFor(fault)}`;
    fields.push(['waits for', `${paint.bad(harmless(describeFault(fault)))}\n${mend}`]);
  }
  const restMs = (report.nextTryMs ?? 0) - report.uptimeMs;
  // A person who has mended it need not wait.
  if (restMs >= LONG_PAUSE_MS) {
    fields.push(['next try', `in ${duration(restMs)}, or at once by "meshpay radio up"`]);
  }
  return renderFields(paint, fields);
}

const LONG_PAUSE_MS = 10_000;

function stateText(paint: Paint, state: RadioState): string {
  if (state === 'up') return paint.good(state);
  return state === 'waiting' ? paint.bad(state) : paint.warn(state);
}

function neighboursText(paint: Paint, heard: number, silent: number): string {
  const count = heard === 0 ? paint.warn('none') : counted(heard, 'neighbour');
  return silent === 0 ? count : `${count}${paint.warn(`, ${silent} more not heard any more`)}`;
}

function channelText(paint: Paint, { mesh, wanted }: RadioReport): string {
  if (mesh?.frequencyMhz !== undefined) {
    const limit = mesh.indoorOnly ? paint.warn(', in buildings only') : '';
    return `${mesh.frequencyMhz} MHz${limit}`;
  }
  return paint.faint(`${wanted?.frequencyMhz ?? '?'} MHz (wanted)`);
}
