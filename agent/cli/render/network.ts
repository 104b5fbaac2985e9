/** A network for people and programs: id, committee, tokens, what was issued. */

import { nameOf } from '../../core/base/names.ts';
import type { TokenIndex } from '../../core/base/units.ts';
import { faultsTolerated, quorumOf } from '../../core/network/committee.ts';
import type { Network } from '../../core/network/genesis.ts';
import type { JudgedNetwork } from '../../core/views.ts';
import { type QuantityView, quantityView, tokenViews } from '../../shell/control/money-view.ts';
import type { NetworkPlan } from '../network/plan.ts';
import type { Paint } from './paint.ts';
import { renderFields, renderTable } from './table.ts';
import { counted } from './text.ts';

/** The network as JSON. */
export function networkJson(network: JudgedNetwork): object {
  const { members } = network.committee;
  return {
    network: { name: network.genesis.name, id: nameOf('network', network.id) },
    committee: {
      epoch: network.committee.epoch,
      quorum: quorumOf(members.length),
      faultsTolerated: faultsTolerated(members.length),
      members: members.map(({ name, key }) => ({ name, key: nameOf('node', key) })),
    },
    tokens: tokenViews(network),
    votesPerHour: network.genesis.votesPerHour,
    ledgers: ledgerViews(network),
    issued: issuedTotals(network),
    issuance: network.genesis.issuance.map(({ account, token, amount }) => ({
      account: nameOf('account', account),
      ...quantityView(network, token, amount),
    })),
  };
}

/** `meshpay network show`. */
export function renderNetwork(paint: Paint, network: JudgedNetwork): string {
  const { members, epoch } = network.committee;
  const { issuance } = network.genesis;
  const head = renderFields(paint, [
    ['network', paint.strong(network.genesis.name)],
    ['id', nameOf('network', network.id)],
    ['committee', committeeLine(members.length, epoch)],
    ['issued', issuedTotals(network).map(quantityText).join('\n') || 'nothing'],
    ...limitLines(network),
  ]);
  const authorities = renderTable(
    paint,
    [{ title: 'authority' }, { title: 'key' }],
    members.map(({ name, key }) => [name, nameOf('node', key)]),
  );
  if (issuance.length === 0) return `${head}\n\n${authorities}`;
  const issues = renderTable(
    paint,
    [{ title: 'account' }, { title: 'amount', align: 'right' }, { title: 'token' }],
    issuance.map(({ account, token, amount }) => {
      const { amount: text, token: symbol } = quantityView(network, token, amount);
      return [nameOf('account', account), text, symbol];
    }),
  );
  return [head, authorities, issues].join('\n\n');
}

/** `meshpay network create`. */
export function renderCreated(paint: Paint, folder: string, plan: NetworkPlan): string {
  const { network, nodes } = plan;
  const width = Math.max(...nodes.map(({ name }) => name.length));
  const lines = nodes.map(({ name, role }) => `  ${name.padEnd(width)}  ${paint.faint(role)}`);
  const [first] = nodes;
  const loopback = first?.config['discovery.on'] === false;
  const next = loopback
    ? [`meshpayd --config ${folder}/${first.name}/meshpayd.toml`, 'and so on for each node']
    : [
        'Copy what is in each folder to /etc/meshpay of its own router, as root:',
        `  scp -r ${folder}/${first?.name ?? 'NODE'}/. root@ROUTER:/etc/meshpay/`,
        '  ssh root@ROUTER systemctl enable --now meshpayd',
        'and then delete the folder here:',
      ];
  return [
    `${paint.good('created')} network ${paint.strong(network.genesis.name)} in ${folder}`,
    renderFields(paint, [
      ['id', nameOf('network', network.id)],
      ['committee', committeeLine(network.genesis.members.length, 0)],
      ['issued', issuedTotals(network).map(quantityText).join('\n') || 'nothing'],
      ...limitLines(network),
    ]),
    lines.join('\n'),
    loopback
      ? `${paint.faint('start a node')}  ${next.join('\n              ')}`
      : `${next.join('\n')}\nwhoever has a key file is that node. ${paint.strong('genesis.json')} is public.`,
  ].join('\n\n');
}

/** "4 authorities, quorum 3, safe while at most 1 is hostile (epoch 0)". */
function committeeLine(members: number, epoch: number): string {
  const tolerated = faultsTolerated(members);
  const hostile = tolerated === 0 ? 'none' : `at most ${tolerated}`;
  const authorities = counted(members, 'authority', 'authorities');
  const is = tolerated < 2 ? 'is' : 'are';
  return `${authorities}, quorum ${quorumOf(members)}, safe while ${hostile} ${is} hostile (epoch ${epoch})`;
}

/** What opens an account, and how often one may pay. */
function limitLines(network: Network): [string, string][] {
  const { tokens, votesPerHour } = network.genesis;
  const opens = tokens.map(({ opens: least }, at) => {
    return `${quantityText(quantityView(network, at as TokenIndex, least))} opens an account`;
  });
  const rate = votesPerHour === 0 ? 'no limit' : `at most ${votesPerHour} an hour for each account`;
  const ledgers = ledgerViews(network).map(({ name, kind, tokens, observers, quorum }) => {
    const word = `on the word of ${quorum} of ${observers.length} (${observers.join(', ')})`;
    return `${name}, a ${kind}, pays out ${tokens.join(', ')} ${word}`;
  });
  return [
    ['opening', opens.join('\n')],
    ['payments', rate],
    ['ledgers', ledgers.join('\n') || 'none: money does not leave the network'],
  ];
}

/** The outer ledgers, with names. */
export interface OuterLedgerView {
  readonly name: string;
  readonly kind: string;
  readonly tokens: readonly string[];
  readonly observers: readonly string[];
  readonly quorum: number;
  readonly about: string;
}

export function ledgerViews({ genesis }: Network): readonly OuterLedgerView[] {
  return genesis.ledgers.map(({ name, kind, tokens, observers, quorum, about }) => ({
    name,
    kind,
    tokens: tokens.map((token) => genesis.tokens[token]?.symbol ?? ''),
    observers: observers.map((member) => genesis.members[member]?.name ?? ''),
    quorum,
    about,
  }));
}

/** "12.50 HRS". */
function quantityText({ amount, token }: QuantityView): string {
  return `${amount} ${token}`;
}

function issuedTotals(network: Network): readonly QuantityView[] {
  return network.genesis.tokens.map((_, at) => {
    const issues = network.genesis.issuance.filter(({ token }) => token === at);
    const total = issues.reduce((sum, { amount }) => sum + amount, 0n);
    return quantityView(network, at as TokenIndex, total);
  });
}
