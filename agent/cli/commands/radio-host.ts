/**
 * What the commands of `meshpay radio` share: configuration, rights, report, faults as failures.
 */
import { FAULTS, type Fault, type FaultCode } from '../../../platform/fault.ts';
import type { MeshScope } from '../../../platform/settings.ts';
import { harmless } from '../../core/base/characters.ts';
import { radiosOf } from '../../shell/config/config-radios.ts';
import { type Config, DEFAULT_CONFIG_FILE } from '../../shell/config/config-schema.ts';
import { type RadioReport, readRadioReport } from '../../shell/radio/report.ts';
import {
  hasRadio,
  inConfigWords,
  type RadioSetup,
  readRadioSetups,
  remedyFor,
  scopeOfRadio,
} from '../../shell/radio/settings.ts';
import type { Args, OptionSpec } from '../command.ts';
import { configOf } from '../data-folder.ts';
import { type Failure, failure, type ProblemCode } from '../failure.ts';

export const RADIO_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'config',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    summary: `the configuration with the table [radio]; ${DEFAULT_CONFIG_FILE} if left out`,
  },
];

/**
 * The meshes that the configuration asks for, one a radio. Throws Failure for one that cannot be.
 */
export function setupsOf(config: Config): readonly [RadioSetup, ...RadioSetup[]] {
  if (!hasRadio(config)) {
    const expected = '"auto", "linux" or "openwrt"';
    throw failure('radio_settings', { field: 'radio.body', expected, found: '"none"' });
  }
  const reading = readRadioSetups(config);
  if (!reading.ok) throw faultsFailure(reading.faults);
  return reading.setups;
}

/** Which meshes the configuration means, also where the rest of it is wrong. */
export function scopesOf(config: Config): readonly [MeshScope, ...MeshScope[]] {
  const [first, ...others] = radiosOf(config);
  const names = [first, ...others].map((radio) => radio['radio.interface']);
  return [
    scopeOfRadio(first, 0, names),
    ...others.map((radio, i) => scopeOfRadio(radio, i + 1, names)),
  ];
}

export interface ReadReport {
  readonly report: RadioReport;
  /** Whether somebody still writes it. */
  readonly fresh: boolean;
  readonly ageMs: number;
}

/** What meshpay-radio said last of each radio. Throws Failure if there is nothing. */
export function reportsOf(args: Args): readonly [ReadReport, ...ReadReport[]] {
  const [first, ...others] = radiosOf(configOf(args));
  return [reportOf(first), ...others.map(reportOf)];
}

function reportOf(config: Config): ReadReport {
  const file = config['radio.status_file'];
  const reading = readRadioReport(file);
  if (reading.found) return reading;
  throw failure(
    'radio_silent',
    { field: file, expected: 'the report of a running meshpay-radio', found: reading.why },
    hasRadio(config)
      ? 'Start it: systemctl start meshpay-radio.'
      : 'The configuration has no radio: set radio.body, radio.country and a passphrase first.',
  );
}

export function demandRoot(what: string): void {
  if (process.getuid?.() === 0) return;
  throw failure('needs_root', { field: what, expected: 'root', found: 'another user' });
}

const CODES_OF_SETTINGS: ReadonlySet<FaultCode> = new Set([
  'country_unset',
  'country_unknown',
  'channel_unknown',
  'channel_not_allowed',
  'channel_no_initiation',
  'channel_radar',
  'passphrase_invalid',
  'passphrase_missing',
  'passphrase_exposed',
  'mesh_id_invalid',
  'interface_name_invalid',
  'address_invalid',
  'parameter_invalid',
]);

const CODES_OF_MACHINE: ReadonlySet<FaultCode> = new Set([
  'interface_missing',
  'interface_taken',
  'radio_missing',
  'radio_without_mesh',
  'radio_without_sae',
  'radio_busy',
  'radio_second',
  'radio_blocked',
  'changes_staged',
  'supplicant_missing',
  'supplicant_without_mesh',
  'tool_missing',
]);

/** Faults of the platform as one failure: the first in its line, the others and the mends below. */
export function faultsFailure(faults: readonly [Fault, ...Fault[]]): Failure {
  const [first, ...rest] = faults;
  const { field, expected, found } = inConfigWords(first);
  return failure(
    problemOf(first),
    { field: `${field}: ${FAULTS[first.code].meaning}`, expected, found: harmless(found) },
    `Mend: ${remedyFor(first)}.`,
    ...rest.map((fault) => {
      const { field: where, expected: wanted, found: seen } = inConfigWords(fault);
      return `${where}: ${FAULTS[fault.code].meaning}: expected ${wanted}, found ${harmless(seen)}`;
    }),
  );
}

function problemOf({ code, field }: Fault): ProblemCode {
  if (code === 'not_permitted') return 'needs_root';
  if (CODES_OF_SETTINGS.has(code)) return 'radio_settings';
  if (CODES_OF_MACHINE.has(code)) return 'radio_unfit';
  if (code === 'file_failed' && field.startsWith('radio.')) return 'radio_settings';
  return 'radio_failed';
}
