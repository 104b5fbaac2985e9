/** `meshpay events`: follows what happens on a node. */

import { nearest } from '../../shell/config/nearest.ts';
import { EVENT_KINDS, type EventKind } from '../../shell/control/event-view.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, withDaemon } from '../daemon-client.ts';
import { failure } from '../failure.ts';
import { renderEvent } from '../render/events.ts';
import { unlessAborted } from '../wait.ts';

const KINDS = Object.keys(EVENT_KINDS) as EventKind[];

export const events: CommandSpec = {
  path: ['events'],
  endsWithinMs: 1_000,
  summary: 'follow what happens on the node, until Ctrl-C',
  description: [
    'Prints one line for everything that happens on the node from now on. With --json each line is ' +
      'a JSON object.',
    `The kinds of events: ${KINDS.map((kind) => `${kind} (${EVENT_KINDS[kind]})`).join('; ')}.`,
  ],
  positionals: [],
  options: [
    { name: 'kind', kind: 'list', value: 'KIND', summary: 'only events of this kind' },
    ...DAEMON_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    { about: 'everything', line: 'meshpay events' },
    { about: 'only money that moved, for a program', line: 'meshpay events --kind applied --json' },
  ],
  run: async (args, context) => {
    const { terminal, interrupt } = context;
    const kinds = args.list('kind').map(checkKind);
    const isJson = args.flag('json');
    await withDaemon(args, context, async (client) => {
      terminal.progress.clear();
      const following = client.request('events', kinds.length === 0 ? {} : { kinds }, {
        onEvent: (event) => {
          if (isJson) terminal.printJson(event, 0);
          else terminal.print(renderEvent(terminal.paint, event));
        },
      });
      if (!isJson) terminal.note(terminal.notePaint.faint('Following; Ctrl-C ends it.'));
      // Hanging up, below, is what ends it then.
      await unlessAborted(following, interrupt, terminal.lost);
    });
  },
};

function checkKind(text: string): EventKind {
  const kind = KINDS.find((known) => known === text);
  if (kind !== undefined) return kind;
  const meant = nearest(text, KINDS);
  const expected = meant === undefined ? KINDS.join(', ') : `${meant}, perhaps`;
  throw failure('bad_usage', { field: '--kind', expected, found: `"${text}"` });
}
