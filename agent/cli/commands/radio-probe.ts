/** `meshpay radio probe`: which radios there are, and which can carry the mesh. */
import type { Probe } from '../../../platform/platform.ts';
import { withBody } from '../../shell/radio/body.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { show } from '../output.ts';
import { probeView, renderProbe } from '../render/radio-probe.ts';
import { faultsFailure } from './radio-host.ts';

const NO_RADIO: Probe = { radios: [], faults: [], warnings: [], reader: 'none' };

export const radioProbe: CommandSpec = {
  path: ['radio', 'probe'],
  summary: 'which radios of this machine can carry the mesh, and if not why',
  description: [
    'Lists every radio with what it can do: mesh point, SAE and peering outside the driver, the ' +
      'ciphers of protected frames, and the channels on which a mesh may start in the country that ' +
      'is set now. For a radio that cannot carry the mesh it says exactly why, and what would.',
    'It changes nothing and needs no right. The exit status is 71 when no radio will do.',
  ],
  positionals: [],
  options: [JSON_OPTION],
  examples: [
    { about: 'look before buying', line: 'meshpay radio probe' },
    { about: 'for a program', line: 'meshpay radio probe --json' },
  ],
  run: async (args, context) => {
    const probed = await withBody('none', (platform) => platform.probe());
    // A kernel without 802.11 is one way to have no radio.
    const isBare = !probed.ok && probed.fault.code === 'radio_missing';
    if (!probed.ok && !isBare) throw faultsFailure([probed.fault]);
    const view = probeView(probed.ok ? probed.value : NO_RADIO);
    show(args, context, view, (paint) => renderProbe(paint, view));
    if (view.usable) return;
    throw failure('radio_unfit', {
      field: 'radios',
      expected: 'one that can carry a WPA3-SAE mesh',
      found: view.radios.length === 0 ? 'no radio at all' : 'none that can',
    });
  },
};
