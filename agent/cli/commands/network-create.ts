/** `meshpay network create`: founds a network. */

import { randomBytes } from 'node:crypto';
import { trimmed } from '../../core/base/characters.ts';
import { isRefusal, type Refusal } from '../../core/base/refusal.ts';
import type { Token } from '../../core/network/genesis.ts';
import { asFounded } from '../../core/views.ts';
import { DEFAULT_PORT } from '../../shell/config/config-schema.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { failure, refusalFailure } from '../failure.ts';
import { parseLedger } from '../network/ledgers.ts';
import {
  DEFAULT_VOTES_PER_HOUR,
  type Layout,
  type NetworkRequest,
  parseIssue,
  parseNodeNames,
  parseToken,
  parseVotesPerHour,
  planNetwork,
  withOpening,
} from '../network/plan.ts';
import { writeNetwork } from '../network/write.ts';
import { show } from '../output.ts';
import { networkJson, renderCreated } from '../render/network.ts';

export const networkCreate: CommandSpec = {
  path: ['network', 'create'],
  summary: 'found a network: genesis document, keys and configurations',
  description: [
    'Writes a folder with the genesis document of a new network and one folder for each node: its ' +
      'secret key (readable by its owner only), the genesis document and its configuration. The ' +
      'whole folder appears at once, or nothing does; nothing is ever overwritten.',
    'Every payment and every account stays in every authority for ever. So a payment to somebody ' +
      'who has no account yet has to be --opens at least, and an account that has made ' +
      '--votes-per-hour payments waits until the hour is over. Neither can be changed later.',
    'Copy each node its own folder to /etc/meshpay, and no other one. The genesis document is ' +
      'public: wallets need it too.',
  ],
  positionals: [
    {
      name: 'folder',
      summary: 'the folder to make',
      expected: 'a folder to make',
      completes: 'folder',
    },
  ],
  options: [
    {
      name: 'name',
      kind: 'text',
      value: 'NAME',
      summary: 'what the network is called; meshpay if left out',
    },
    {
      name: 'authorities',
      kind: 'text',
      value: 'COUNT|NAMES',
      summary: 'how many authorities, or their names: oak,elm,ash,fir; 4 if left out',
    },
    {
      name: 'relays',
      kind: 'text',
      value: 'COUNT|NAMES',
      summary: 'how many relays, or their names; none if left out',
    },
    {
      name: 'token',
      kind: 'list',
      value: 'SYMBOL:DECIMALS',
      summary: 'a token and its decimal places, such as HRS:2',
    },
    {
      name: 'opens',
      kind: 'list',
      value: 'TOKEN:AMOUNT',
      summary: 'the least payment that opens an account; one whole unit of a token if left out',
    },
    {
      name: 'votes-per-hour',
      kind: 'text',
      value: 'COUNT',
      summary: `payments an hour that one account may make; ${DEFAULT_VOTES_PER_HOUR} if left out, 0 for no limit`,
    },
    {
      name: 'issue',
      kind: 'list',
      value: 'ADDRESS=TOKEN:AMOUNT',
      summary: 'gives an account its first money',
    },
    {
      name: 'ledger',
      kind: 'list',
      value: 'NAME=KIND:TOKENS:OBSERVERS',
      summary:
        'an outer ledger that pays out tokens, such as cashbox=cashbook:HRS:oak: a cashbook, which oak keeps',
    },
    {
      name: 'interface',
      kind: 'list',
      value: 'NAME',
      summary: 'network interface on which nodes find each other; mesh0 if left out',
    },
    {
      name: 'loopback',
      kind: 'text',
      value: 'PORT',
      summary: `all nodes on this machine, for trials, on ports from PORT on (such as ${DEFAULT_PORT})`,
    },
    JSON_OPTION,
  ],
  examples: [
    {
      about: 'four authorities and a relay; hours as money, a thousand of them for one account',
      line: 'meshpay network create village --authorities 4 --relays 1 --token HRS:2 --issue mp1...=HRS:1000.00',
    },
    {
      about: 'the same on this machine alone',
      line: 'meshpay network create trial --token HRS:2 --loopback 7420',
    },
  ],
  run,
};

async function run(args: Args, context: Context): Promise<void> {
  const plan = must(planNetwork(readRequest(args), randomBytes));
  const folder = writeNetwork(args.word('folder'), plan);
  const json = { folder, ...networkJson(asFounded(plan.network)) };
  show(args, context, json, (paint) => renderCreated(paint, folder, plan));
}

function readRequest(args: Args): NetworkRequest {
  const authorities = must(
    parseNodeNames(trimmed(args.text('authorities') ?? '4'), 'authority', '--authorities', 1),
  );
  const relays = must(parseNodeNames(trimmed(args.text('relays') ?? '0'), 'relay', '--relays', 0));
  const named = args.list('token').map((text) => must(parseToken(trimmed(text))));
  const tokens = args
    .list('opens')
    .reduce<readonly Token[]>((known, text) => must(withOpening(known, trimmed(text))), named);
  if (tokens.length === 0) {
    throw failure('bad_usage', {
      field: '--token',
      expected: 'at least one token, such as HRS:2',
      found: 'none',
    });
  }
  return {
    name: trimmed(args.text('name') ?? 'meshpay'),
    authorities,
    relays,
    tokens,
    votesPerHour: must(
      parseVotesPerHour(trimmed(args.text('votes-per-hour') ?? `${DEFAULT_VOTES_PER_HOUR}`)),
    ),
    ledgers: args
      .list('ledger')
      .map((text) => must(parseLedger(trimmed(text), tokens, authorities))),
    issuance: args.list('issue').map((text) => must(parseIssue(trimmed(text), tokens))),
    layout: readLayout(args, authorities.length + relays.length),
  };
}

function readLayout(args: Args, nodes: number): Layout {
  const portText = args.text('loopback');
  const interfaces = args.list('interface');
  if (portText === undefined) {
    return { kind: 'mesh', interfaces: interfaces.length === 0 ? ['mesh0'] : interfaces };
  }
  const first = /^[0-9]{1,5}$/.test(portText) ? Number(portText) : 0;
  const last = 65_536 - nodes;
  if (first < 1 || first > last) {
    throw failure('bad_usage', {
      field: '--loopback',
      expected: `a port from 1 to ${last}`,
      found: `"${portText}"`,
    });
  }
  if (interfaces.length > 0) {
    const expected = 'one of --loopback and --interface';
    throw failure('bad_usage', { field: '--interface', expected, found: 'both' });
  }
  return { kind: 'loopback', ports: Array.from({ length: nodes }, (_, at) => first + at) };
}

/** What is wrong with words of the command line is a wrong command line, whatever its code. */
function must<T>(result: T | Refusal): T {
  if (!isRefusal(result)) return result;
  if (result.refused !== 'bad_genesis') throw refusalFailure(result);
  throw failure('bad_usage', result);
}
