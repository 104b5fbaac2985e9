/** `meshpay network show`: what a genesis document says. */
import { asFounded } from '../../core/views.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { readGenesisFile } from '../network/read.ts';
import { show } from '../output.ts';
import { networkJson, renderNetwork } from '../render/network.ts';

export const networkShow: CommandSpec = {
  path: ['network', 'show'],
  summary: 'show what a genesis document says',
  description: [
    'Reads a genesis document, checks it, and shows the network id that follows from it, the ' +
      'committee with its quorum, the tokens and how much of each was issued.',
  ],
  positionals: [
    {
      name: 'genesis',
      summary: 'genesis.json, or a folder that has one',
      expected: 'a genesis document, or a folder that has one',
      completes: 'file',
    },
  ],
  options: [JSON_OPTION],
  examples: [{ about: 'the network in ./village', line: 'meshpay network show village' }],
  run: async (args, context) => {
    const network = asFounded(readGenesisFile(args.word('genesis')));
    show(args, context, networkJson(network), (paint) => renderNetwork(paint, network));
  },
};
