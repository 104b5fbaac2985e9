/** `meshpay version`. */
import { PROTOCOL_VERSION } from '../../core/base/limits.ts';
import { VERSION } from '../../shell/version.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { show } from '../output.ts';

export const version: CommandSpec = {
  path: ['version'],
  summary: 'which version this is',
  description: ['Shows the version of the program, of the protocol, and of Node.js.'],
  positionals: [],
  options: [JSON_OPTION],
  examples: [],
  run: async (args, context) => {
    const about = { version: VERSION, protocol: PROTOCOL_VERSION, node: process.versions.node };
    const { protocol, node } = about;
    const line = `meshpay ${VERSION} (protocol ${protocol}, Node.js ${node})`;
    show(args, context, about, () => line);
  },
};
