/** What `meshpayd --help` prints; the tables come from where the daemon itself takes them. */
import { configReference } from '../config/config.ts';
import { DEFAULT_CONFIG_FILE } from '../config/config-schema.ts';
import { EXITS, exitStatus } from '../exit-codes.ts';

export function usageText(): string {
  return `usage: meshpayd [--config FILE] [--check-config] [--strict]
       meshpayd --version | --help

Runs one node of a MeshPay network in the foreground.

  --config FILE   the configuration (default ${DEFAULT_CONFIG_FILE})
  --check-config  check it and the files that it names, print it with all defaults, and end
  --strict        end with status ${exitStatus('store_damaged')} when the stored state is damaged,
                  instead of serving only the control socket
  --version       print the version and end
  --help          print this and end

SIGTERM and SIGINT stop the node, SIGHUP reads the configuration again.

Fields of the configuration, their defaults in brackets (* can be changed by SIGHUP):

${fieldLines().join('\n')}

Exit status:

${exitLines().join('\n')}
`;
}

function fieldLines(): string[] {
  return configReference().map(({ field, default: preset, unit, reload, doc }) => {
    const name = `${field}${reload ? '*' : ''}`;
    const value = unit === '' ? preset : `${preset} ${unit}`;
    return `  ${name}  [${value}]\n      ${doc}`;
  });
}

function exitLines(): string[] {
  const rows = Object.values(EXITS);
  return rows.map(({ status, meaning }) => `  ${`${status}`.padStart(3)}  ${meaning}`);
}
