/** `meshpay committee status|propose|approve`: changing who sits in the committee. */
import { trimmed } from '../../core/base/characters.ts';
import type { CommandSpec, OptionSpec } from '../command.ts';
import { JSON_OPTION } from '../command.ts';
import { ask, DAEMON_OPTIONS } from '../daemon-client.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { renderChange } from '../render/change.ts';

const OPTIONS = [...DAEMON_OPTIONS, JSON_OPTION];

export const committeeStatus: CommandSpec = {
  path: ['committee', 'status'],
  summary: 'which other committees operators want, and who approved them',
  description: [
    'Lists the committees that operators of members have proposed to come next: who would be new, who ' +
      'would leave, and whose operators approve. The committee changes when a quorum of the present ' +
      'one approves; payments then pause for a moment.',
  ],
  positionals: [],
  options: OPTIONS,
  examples: [{ about: 'what is wanted', line: 'meshpay committee status' }],
  run: async (args, context) => {
    const view = await ask(args, context, 'committee.change', {});
    show(args, context, view, (paint) => renderChange(paint, view));
  },
};

const CHANGES: readonly OptionSpec[] = [
  {
    name: 'add',
    kind: 'list',
    value: 'NAME=NODE',
    summary: 'a new member, and its key mpnode1...',
  },
  { name: 'remove', kind: 'list', value: 'NAME', summary: 'a member that leaves' },
  {
    name: 'replace',
    kind: 'list',
    value: 'NAME=NODE',
    summary: 'a member that goes on with another key, on new hardware for one',
  },
];

export const committeePropose: CommandSpec = {
  path: ['committee', 'propose'],
  summary: 'propose another committee, and approve it for this member',
  description: [
    'Makes a committee of the present one and the changes that you name, and approves it with the key ' +
      'of this member. Operators of a quorum of members have to approve the same: each of them sees ' +
      'it with "meshpay committee status".',
    'Newcomers get the ledger from members that stay, so not too many come at once: with four members ' +
      'one, with seven two. A removed key never sits again unless it is added again.',
  ],
  positionals: [],
  options: [...CHANGES, ...OPTIONS],
  examples: [
    {
      about: 'a seat for new hardware',
      line: 'meshpay committee propose --replace ash=mpnode1...',
    },
    { about: 'one more', line: 'meshpay committee propose --add fir=mpnode1...' },
  ],
  run: async (args, context) => {
    const params = {
      add: args.list('add').map(namedKey('add')),
      remove: args.list('remove').map(trimmed),
      replace: args.list('replace').map(namedKey('replace')),
    };
    const view = await ask(args, context, 'committee.propose', params);
    show(args, context, view, (paint) => renderChange(paint, view));
  },
};

export const committeeApprove: CommandSpec = {
  path: ['committee', 'approve'],
  summary: 'approve a committee that another operator proposed',
  description: [
    'Approves it with the key of this member. Look at it before, with "meshpay committee status": ' +
      'whose keys these are, only people know. With the approval of a quorum the committee changes.',
  ],
  positionals: [
    {
      name: 'committee',
      summary: 'what the committee is called',
      expected: 'the name of a committee, as "meshpay committee status" shows it',
    },
  ],
  options: OPTIONS,
  examples: [
    { about: 'one that was proposed', line: 'meshpay committee approve 3f9c01d2a4b5e677' },
  ],
  run: async (args, context) => {
    const committee = trimmed(args.word('committee')).toLowerCase();
    const view = await ask(args, context, 'committee.approve', { committee });
    show(args, context, view, (paint) => renderChange(paint, view));
  },
};

function namedKey(option: string): (text: string) => { name: string; key: string } {
  return (text) => {
    const [name, key, ...rest] = trimmed(text).split('=');
    if (name !== undefined && key !== undefined && rest.length === 0) return { name, key };
    const detail = { field: `--${option}`, expected: 'NAME=NODE', found: `"${trimmed(text)}"` };
    throw failure('bad_usage', detail);
  };
}
