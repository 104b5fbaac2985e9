/** The commands that show one answer of the daemon: status, peers, committee. */
import type { ControlMethod, ResultOf } from '../../shell/control/api.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { ask, DAEMON_OPTIONS } from '../daemon-client.ts';
import { show } from '../output.ts';
import { renderCommittee, renderPeers, renderStatus } from '../render/node.ts';
import type { Paint } from '../render/paint.ts';

/** A method without parameters whose answer is shown as it is. */
type ViewMethod = Extract<ControlMethod, 'status' | 'peers' | 'committee'>;

function viewCommand<M extends ViewMethod>(
  method: M,
  summary: string,
  description: readonly string[],
  render: (paint: Paint, view: ResultOf<M>) => string,
): CommandSpec {
  return {
    path: [method],
    summary,
    description,
    positionals: [],
    options: [...DAEMON_OPTIONS, JSON_OPTION],
    examples: [
      { about: 'of the node of this machine', line: `meshpay ${method}` },
      { about: 'for a program', line: `meshpay ${method} --json --config oak/meshpayd.toml` },
    ],
    run: async (args, context) => {
      const view = await ask(args, context, method, {});
      show(args, context, view, (paint) => render(paint, view));
    },
  };
}

export const status = viewCommand(
  'status',
  'how the node stands',
  [
    'Shows who the node is, whether it votes and if not why, who else is heard and votes, what is ' +
      'being merged, its links, the digest of its ledger, what it did since it started, and what it ' +
      'needs of the machine. Two authorities with the same digest hold the same ledger.',
  ],
  renderStatus,
);

export const peers = viewCommand(
  'peers',
  'the nodes that this one is linked to, or tries to be',
  [
    'Lists every peer with the state of its link, since when, its address, round trip, traffic and ' +
      'last error. Links of wallets prove no key; they are counted and not listed.',
  ],
  (paint, view) => renderPeers(paint, view, Date.now()),
);

export const committee = viewCommand(
  'committee',
  'the authorities, and whether a quorum can be reached',
  [
    'Lists the authorities of the current epoch: whether each is heard and since when, whether it ' +
      'votes, as it said last, the state of the link to it, and whether its ledger was equal to ours ' +
      'when they were last compared. It counts those that vote, and says whether payments can be made.',
  ],
  (paint, view) => renderCommittee(paint, view, Date.now()),
);
