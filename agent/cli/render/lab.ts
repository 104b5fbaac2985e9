/** The lab for people: what it has started, the demonstration as it goes on, its result. */

import { quoted } from '../../core/base/characters.ts';
import { formatAddress } from '../../shell/net/address.ts';
import type { DemoPayment, DemoResult } from '../lab/demo-story.ts';
import type { Lab, LabNode } from '../lab/lab.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';
import { counted, duration, listed, size } from './text.ts';

export interface LabLook {
  readonly paint: Paint;
  /** How meshpay is called here, such as "meshpay". */
  readonly program: string;
}

/** The first line. */
export function renderLabHead({ paint }: LabLook, lab: Lab): string {
  const count = (role: string): number => lab.nodes.filter((node) => node.role === role).length;
  const parts = [
    counted(count('authority'), 'authority', 'authorities'),
    counted(count('relay'), 'relay'),
    counted(lab.wallets.length, 'wallet'),
  ];
  return `${paint.strong('MeshPay lab')}: ${listed(parts)}, all on this machine\n${paint.faint(lab.folder)}`;
}

/** A new part of the story. */
export function renderChapter({ paint }: LabLook, title: string): string {
  return `\n${paint.strong(title)}`;
}

/** A node that is ready. */
export function renderStarted({ paint }: LabLook, node: LabNode, readyMs: number): string {
  const where = `${formatAddress(node.address)}, process ${node.daemon.pid ?? 'gone'}`;
  return `  ${paint.good('ready')}  ${node.name.padEnd(12)} ${duration(readyMs).padStart(7)}  ${paint.faint(where)}`;
}

/** A certified payment. */
export function renderLabPayment({ paint }: LabLook, payment: DemoPayment): string {
  const { from, to, quantity, votes, latencyMs, memo, through } = payment;
  const who = `${from} -> ${to}`.padEnd(15);
  const amount = `${quantity.amount.padStart(6)} ${quantity.token}`;
  const way = through === undefined ? '' : `, through the ${through}`;
  const detail = paint.faint(`${counted(votes.length, 'vote')}${way}`);
  return `  ${paint.good('paid')}   ${who}${paint.strong(amount)}  ${duration(latencyMs).padStart(7)}  ${quoted(memo)}  ${detail}`;
}

/** A remark. */
export function renderSaid(_look: LabLook, text: string): string {
  return `  ${text}`;
}

/** The tables at the end. */
export function renderDemoResult({ paint }: LabLook, result: DemoResult): string {
  const payments = renderTable(
    paint,
    [
      { title: '#', align: 'right' },
      { title: 'payment' },
      { title: 'amount', align: 'right' },
      { title: 'latency', align: 'right' },
      { title: 'votes' },
    ],
    result.payments.map(({ from, to, quantity, latencyMs, votes, through }, at) => [
      `${at + 1}`,
      `${from} -> ${to}${through === undefined ? '' : ' (relay)'}`,
      `${quantity.amount} ${quantity.token}`,
      duration(latencyMs),
      votes.join(', '),
    ]),
  );
  const nodes = renderTable(
    paint,
    [
      { title: 'node' },
      { title: 'votes', align: 'right' },
      { title: 'applied', align: 'right' },
      { title: 'relayed', align: 'right' },
      { title: 'memory', align: 'right' },
      { title: 'ledger digest' },
    ],
    result.nodes.map(({ name, role, votes, certificates, relayed, digest, residentBytes }) => [
      name === result.killed ? `${name} ${paint.warn('(was killed)')}` : name,
      role === 'authority' ? `${votes}` : '',
      role === 'authority' ? `${certificates}` : '',
      `${relayed}`,
      size(residentBytes),
      digest === undefined ? paint.faint('keeps none') : paint.good(digest.slice(0, 24)),
    ]),
  );
  const balances = renderTable(
    paint,
    [{ title: 'wallet' }, { title: 'balance', align: 'right' }],
    result.balances.map(({ name, balances: held }) => [
      name,
      held.map(({ amount, token }) => `${amount} ${token}`).join(', '),
    ]),
  );
  const latencies = result.payments.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const median = latencies[Math.floor(latencies.length / 2)] ?? 0;
  const verdict = [
    paint.good('All ledgers are equal and every balance is right.'),
    `${counted(result.payments.length, 'payment')}, median ${duration(median)};`,
    `${result.killed} lost nothing and caught up in ${duration(result.caughtUpMs)},`,
    `the two halves in ${duration(result.healedMs)}.`,
  ].join(' ');
  return ['', payments, '', nodes, '', balances, '', verdict].join('\n');
}

/** What to try next. */
export function renderNext({ paint, program }: LabLook, lab: Lab): string {
  const [first, second] = lab.wallets;
  const authority = lab.nodes.find(({ role }) => role === 'authority');
  const lines: (readonly [string, string])[] = [];
  if (first !== undefined)
    lines.push([`meshpay wallet balance --wallet ${first.folder}`, 'what it owns']);
  if (first !== undefined && second !== undefined) {
    const address = `$(meshpay wallet address --wallet ${second.folder})`;
    lines.push([
      `meshpay wallet pay ${address} 1.50 HRS --wallet ${first.folder}`,
      `${first.name} pays ${second.name}`,
    ]);
    lines.push([`meshpay wallet history --wallet ${second.folder}`, `what ${second.name} got`]);
  }
  if (first !== undefined && authority !== undefined) {
    const pay = `meshpay wallet withdraw 2.00 HRS --to Anna --wallet ${first.folder}`;
    lines.push([pay, 'money out: locked until a cashier has paid']);
    const { configFile } = authority.daemon;
    lines.push([`meshpay cashier pending --config ${configFile}`, 'what the cashier is to pay']);
  }
  if (authority !== undefined) {
    lines.push([`meshpay status --config ${authority.daemon.configFile}`, 'how a node stands']);
    lines.push([
      `meshpay events --config ${authority.daemon.configFile}`,
      'what happens there, live',
    ]);
    lines.push([
      `kill -9 ${authority.daemon.pid ?? ''}`,
      `and see ${authority.name} missed by nobody`,
    ]);
  }
  const alias = program === 'meshpay' ? [] : [`  ${paint.accent(`alias meshpay='${program}'`)}`];
  return [
    '',
    `${paint.strong('Try next')}, in another terminal:`,
    ...alias,
    ...lines.map(([line, about]) => `  ${paint.accent(line)}  ${paint.faint(`# ${about}`)}`),
  ].join('\n');
}
