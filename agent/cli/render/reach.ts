/** `meshpay reach` for people. */

import { harmless } from '../../core/base/characters.ts';
import { outlookOf, outlookText } from '../../shell/control/outlook.ts';
import type { ReachedAuthority, ReachView } from '../reach-steps.ts';
import type { Paint } from './paint.ts';
import { rate } from './radio.ts';
import { renderTable } from './table.ts';
import { counted, duration } from './text.ts';

export function renderReach(paint: Paint, view: ReachView): string {
  const { authorities, answering: heard, voters, members, quorum, hopsToQuorum } = view;
  const table = renderTable(
    paint,
    [
      { title: 'authority' },
      { title: 'now' },
      { title: 'rtt', align: 'right' },
      { title: 'hops', align: 'right' },
      { title: 'next hop' },
      { title: 'signal', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: 'metric', align: 'right' },
      { title: 'address' },
    ],
    authorities.map((authority) => row(paint, authority)),
  );
  const count = { members, heard, voters, quorum };
  const far = hopsToQuorum === null ? '' : ` A quorum is ${distance(hopsToQuorum)}.`;
  const text = `${outlookText(count)}.${far}`;
  const tones = { all: paint.good, some: paint.warn, none: paint.bad };
  const verdict = tones[outlookOf(count)](text);
  return `${table}\n\n${verdict}`;
}

function nowText(paint: Paint, { self, answers, votes }: ReachedAuthority): string {
  if (!answers) return paint.bad(self ? 'not running' : 'silent');
  const who = self ? 'this node' : 'answers';
  if (votes === true) return paint.good(`${who}, votes`);
  return paint.bad(votes === false ? `${who}, no vote` : who);
}

function distance(hops: number): string {
  return hops === 0 ? 'here' : `at most ${counted(hops, 'hop')} away`;
}

function row(paint: Paint, authority: ReachedAuthority): string[] {
  const { name, roundTripMs, mesh, address } = authority;
  return [
    paint.strong(harmless(name)),
    nowText(paint, authority),
    roundTripMs === null ? '' : duration(roundTripMs),
    `${mesh?.hops ?? ''}`,
    mesh?.nextHop ?? '',
    typeof mesh?.signalDbm === 'number' ? `${mesh.signalDbm} dBm` : '',
    rate(mesh?.throughputKbps ?? undefined),
    `${mesh?.metric ?? ''}`,
    address ?? '',
  ];
}
