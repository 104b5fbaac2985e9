/** `meshpay radio watch`: a living picture of the mesh, until Ctrl-C. */
import { askQuorum } from '../../shell/radio/quorum.ts';
import { type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { configOf } from '../data-folder.ts';
import { renderSight, type Sight, sightLine, sightView } from '../render/radio-watch.ts';
import { pause, unlessAborted } from '../wait.ts';
import { RADIO_OPTIONS, reportsOf } from './radio-host.ts';

/** The report is written every two seconds; who walks wants its news soon. */
const LOOK_MS = 500;

export const radioWatch: CommandSpec = {
  path: ['radio', 'watch'],
  endsWithinMs: 1_000,
  summary: 'a living picture of the mesh, for whoever places a node',
  description: [
    'Shows the neighbours with bars for their signal, how many hops the nodes are away, and whether ' +
      'a payment could be made from here: that is, whether this node reaches a quorum of the ' +
      'authorities. It goes on until Ctrl-C.',
    'On a terminal the picture is drawn over again; elsewhere a line is printed whenever something ' +
      'has changed, and with --json each line is a JSON object. It reads the report of meshpay-radio ' +
      'and asks the node over its control socket. A bar more begins at -85, -78, -70 and -60 dBm.',
  ],
  positionals: [],
  options: [...RADIO_OPTIONS, JSON_OPTION],
  examples: [
    { about: 'while walking around', line: 'meshpay radio watch' },
    { about: 'to draw a map later', line: 'meshpay radio watch --json' },
  ],
  run: async (args, { terminal, interrupt }) => {
    const config = configOf(args);
    const look = async (): Promise<Sight> => {
      const read = reportsOf(args);
      const quorum = await askQuorum(config['control.socket']);
      const fresh = read.every((each) => each.fresh);
      return { reports: read.map(({ report }) => report), fresh, quorum };
    };
    const draw = drawerFor(terminal, args.flag('json'));
    const ends = [interrupt, terminal.lost];
    while (!ends.some(({ aborted }) => aborted)) {
      const sight = await unlessAborted(look(), ...ends);
      if (sight !== undefined) draw(sight);
      await unlessAborted(pause(LOOK_MS), ...ends);
    }
  },
};

/**
 * The picture is drawn over again at every look, since it has ages in it; a line when it is new.
 */
function drawerFor(terminal: Context['terminal'], isJson: boolean): (sight: Sight) => void {
  const { screen } = terminal;
  if (!isJson && screen !== undefined) {
    return (sight) => screen.draw(renderSight(terminal.paint, sight, screen.size()));
  }
  let last = '';
  return (sight) => {
    const line = sightLine(sight);
    const moment = sight.reports.map(({ uptimeMs }) => uptimeMs).join();
    const news = isJson ? `${moment} ${line}` : line;
    if (news === last) return;
    last = news;
    if (isJson) terminal.printJson(sightView(sight), 0);
    else terminal.print(line);
  };
}
