/** The commands that show what meshpay-radio reports: radio status, peers, paths. */

import { harmless } from '../../core/base/characters.ts';
import type { RadioReport } from '../../shell/radio/report.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import type { Paint } from '../render/paint.ts';
import { renderBelowState, renderPaths, renderStations } from '../render/radio.ts';
import { renderRadioStatus } from '../render/radio-status.ts';
import { duration } from '../render/text.ts';
import { RADIO_OPTIONS, reportsOf } from './radio-host.ts';

interface View {
  readonly name: 'status' | 'peers' | 'paths';
  readonly summary: string;
  readonly description: readonly string[];
  readonly about: string;
  readonly json: (report: RadioReport) => unknown;
  readonly render: (paint: Paint, report: RadioReport) => string;
}

function viewCommand({ name, summary, description, about, json, render }: View): CommandSpec {
  return {
    path: ['radio', name],
    summary,
    description: [
      ...description,
      'It comes from the report that meshpay-radio writes every two seconds, and needs no right. The ' +
        'exit status is 69 when meshpay-radio does not run.',
    ],
    positionals: [],
    options: [...RADIO_OPTIONS, JSON_OPTION],
    examples: [
      { about, line: `meshpay radio ${name}` },
      { about: 'for a program', line: `meshpay radio ${name} --json` },
    ],
    run: async (args, context) => {
      const all = reportsOf(args);
      const [{ report }] = all;
      const isOne = all.length === 1;
      const named = all.map((each) => [nameOf(each.report), json(each.report)] as const);
      const block = (paint: Paint, each: RadioReport): string =>
        isOne ? render(paint, each) : `${paint.strong(nameOf(each))}\n${render(paint, each)}`;
      show(args, context, isOne ? json(report) : Object.fromEntries(named), (paint) =>
        all.map((each) => block(paint, each.report)).join('\n\n'),
      );
      const stale = all.find(({ fresh }) => !fresh);
      if (stale === undefined) return;
      throw failure(
        'radio_silent',
        {
          field: 'report',
          expected: 'one of the last seconds',
          found: `${duration(stale.ageMs)} old`,
        },
        'Start it: systemctl start meshpay-radio.',
      );
    },
  };
}

function nameOf({ wanted }: RadioReport): string {
  return harmless(wanted?.interfaceName ?? '?');
}

export const radioStatus = viewCommand({
  name: 'status',
  summary: 'how the mesh stands',
  description: [
    'Shows the state of the mesh interface, its radio, channel, country and addresses, the number ' +
      'of neighbours and paths, and what it waits for.',
  ],
  about: 'of this machine',
  json: (report) => report,
  render: renderRadioStatus,
});

export const radioPeers = viewCommand({
  name: 'peers',
  summary: 'the neighbours on the mesh, and how well they are heard',
  description: [
    'Lists every neighbour with the state of its peering, signal, rates, expected throughput, ' +
      'airtime metric, time since it was heard and since the link is there, and whether its ' +
      'management frames are protected.',
  ],
  about: 'who is near',
  json: ({ stations }) => stations,
  render: (paint, { state, stations, forgotten, uptimeMs }) =>
    renderBelowState(paint, state, renderStations(paint, stations, forgotten, uptimeMs)),
});

export const radioPaths = viewCommand({
  name: 'paths',
  summary: 'the ways through the mesh that are known now',
  description: [
    'Lists the HWMP paths: destination, next hop, number of hops, metric, how long the path holds ' +
      'without being used, and how often its next hop has changed within the last hour: one that ' +
      'flaps has two ways that are about as good, and radio.parameters.mesh_rssi_threshold can ' +
      'take the weaker one away. Paths are looked for when something is sent.',
  ],
  about: 'how far everybody is',
  json: ({ paths }) => paths,
  render: (paint, { state, paths }) => renderBelowState(paint, state, renderPaths(paint, paths)),
});
