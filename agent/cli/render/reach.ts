/** `meshpay reach` for people. */

import { harmless } from '../../core/base/characters.ts';
import type { ReachedAuthority, ReachView } from '../reach-steps.ts';
import type { Paint } from './paint.ts';
import { rate } from './radio.ts';
import { renderTable } from './table.ts';
import { counted, duration } from './text.ts';

export function renderReach(paint: Paint, view: ReachView): string {
  const { authorities, canPay, answering, members, quorum, hopsToQuorum } = view;
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
  const count = `${answering} of ${members} answer, a quorum is ${quorum}`;
  const far = hopsToQuorum === null ? '' : `, ${distance(hopsToQuorum)}`;
  const verdict = canPay
    ? paint.good(`A payment can be certified from here: ${count}${far}.`)
    : paint.bad(`No payment can be certified from here: ${count}.`);
  return `${table}\n\n${verdict}`;
}

function distance(hops: number): string {
  return hops === 0 ? 'all of them here' : `at most ${counted(hops, 'hop')} away`;
}

function row(paint: Paint, authority: ReachedAuthority): string[] {
  const { name, self, answers, roundTripMs, mesh, address } = authority;
  const now = self
    ? paint.good('this node')
    : answers
      ? paint.good('answers')
      : paint.bad('silent');
  return [
    paint.strong(harmless(name)),
    now,
    roundTripMs === null ? '' : duration(roundTripMs),
    `${mesh?.hops ?? ''}`,
    mesh?.nextHop ?? '',
    typeof mesh?.signalDbm === 'number' ? `${mesh.signalDbm} dBm` : '',
    rate(mesh?.throughputKbps ?? undefined),
    `${mesh?.metric ?? ''}`,
    address ?? '',
  ];
}
