/**
 * `meshpay reach`: can a payment get a quorum from this spot now? Every authority is really asked
 * something, because a link can look alive for seconds after the other side has died.
 */
import { HostRunner } from '../../../platform/runner.ts';
import { readConfig } from '../../shell/config/config.ts';
import { DEFAULT_RADIO_STATUS } from '../../shell/config/config-schema.ts';
import { readRadioReport } from '../../shell/radio/report.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { DAEMON_OPTIONS, withDaemon } from '../daemon-client.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { parseNeighbours, reachView } from '../reach-steps.ts';
import { renderReach } from '../render/reach.ts';

export const reach: CommandSpec = {
  path: ['reach'],
  summary: 'whether a payment can get a quorum from this spot now',
  description: [
    'Asks every authority through the node of this machine, and says whether enough of them answer ' +
      'and vote to certify a payment. For each it shows the round trip and, where the way leads over the mesh, ' +
      'the number of hops, the next hop, and how well that is heard.',
    'The exit status is 75 when there is no quorum: another spot, or a later moment, may have one.',
  ],
  positionals: [],
  options: [...DAEMON_OPTIONS, JSON_OPTION],
  examples: [
    { about: 'before the market opens', line: 'meshpay reach' },
    { about: 'for a program', line: 'meshpay reach --json' },
  ],
  run: async (args, context) => {
    const asked = await withDaemon(args, context, async (client) => {
      const [status, committee] = await Promise.all([
        client.request('status'),
        client.request('committee'),
      ]);
      const reachable = await client.request('reach');
      const { peers } = await client.request('peers');
      return { status, committee, reachable, peers };
    });
    const { statusFile, interfaceName } = radioOf(asked.status.configFile);
    const reading = readRadioReport(statusFile);
    const report = reading.found && reading.fresh ? reading.report : undefined;
    const table =
      report === undefined
        ? undefined
        : await new HostRunner().output(['ip', '-6', 'neigh', 'show', 'dev', interfaceName]);
    const neighbours = parseNeighbours(table?.ok === true ? table.value.stdout : '');
    const view = reachView({ ...asked, report, neighbours });
    show(args, context, view, (paint) => renderReach(paint, view));
    if (view.canPay) return;
    throw failure('out_of_reach', {
      field: 'authorities',
      expected: `${view.quorum} that answer and vote`,
      found: `${view.voters}`,
    });
  },
};

/** Where the node's radio reports. Who may not read the configuration gets what is usual. */
function radioOf(configFile: string): { statusFile: string; interfaceName: string } {
  const reading = readConfig(configFile);
  if (!reading.ok) return { statusFile: DEFAULT_RADIO_STATUS, interfaceName: 'mesh0' };
  const { config } = reading;
  return { statusFile: config['radio.status_file'], interfaceName: config['radio.interface'] };
}
