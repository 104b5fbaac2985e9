/** `meshpay radio probe` for programs and for people. */
import { describeCombinations, watchesRadar } from '../../../platform/combinations.ts';
import { describeFault, type Fault } from '../../../platform/fault.ts';
import type { Probe, RadioVerdict } from '../../../platform/platform.ts';
import { harmless } from '../../core/base/characters.ts';
import { remedyFor } from '../../shell/radio/settings.ts';
import type { Paint } from './paint.ts';
import { renderFields } from './table.ts';

interface FaultView {
  readonly code: string;
  readonly what: string;
  readonly mend: string;
}

interface RadioView {
  readonly name: string;
  readonly driver: string | null;
  readonly usable: boolean;
  readonly country: string | null;
  readonly interfaceTypes: readonly string[];
  /** Channels on which a mesh may start now, by band. */
  readonly channels: readonly { readonly band: string; readonly numbers: readonly number[] }[];
  readonly radarChannels: readonly number[];
  /** Whether a mesh may use those: the driver can watch for radar (radio.allow_radar). */
  readonly watchesRadar: boolean;
  /** Which interfaces it takes at the same time. */
  readonly combinations: readonly string[];
  readonly faults: readonly FaultView[];
}

export interface ProbeView {
  /** Whether at least one radio can carry the mesh. */
  readonly usable: boolean;
  readonly reader: string;
  readonly faults: readonly FaultView[];
  readonly warnings: readonly FaultView[];
  readonly radios: readonly RadioView[];
}

export function probeView({ radios, faults, warnings, reader }: Probe): ProbeView {
  const views = radios.map(radioView);
  return {
    usable: faults.length === 0 && views.some(({ usable }) => usable),
    reader,
    faults: faults.map(faultView),
    warnings: warnings.map(faultView),
    radios: views,
  };
}

function radioView({ phy, driver, country, faults }: RadioVerdict): RadioView {
  const bands = [...new Set(phy.channels.map(({ band }) => band))];
  const open = phy.channels.filter((each) => !each.disabled && !each.noInitiation && !each.radar);
  return {
    name: phy.name,
    driver: driver ?? null,
    usable: faults.length === 0,
    country: country?.country ?? null,
    interfaceTypes: phy.interfaceTypes,
    channels: bands.map((band) => ({
      band,
      numbers: open.filter((each) => each.band === band).map(({ number }) => number),
    })),
    radarChannels: phy.channels
      .filter(({ radar, disabled }) => radar && !disabled)
      .map(({ number }) => number),
    watchesRadar: watchesRadar(phy),
    combinations: describeCombinations(phy),
    faults: faults.map(faultView),
  };
}

function faultView(fault: Fault): FaultView {
  return { code: fault.code, what: describeFault(fault), mend: remedyFor(fault) };
}

export function renderProbe(paint: Paint, { radios, faults, warnings, usable }: ProbeView): string {
  const blocks = radios.map((radio) => renderRadio(paint, radio));
  const host = faults.flatMap((fault) => renderFault(paint, fault));
  const beside = warnings.flatMap((fault) => renderFault(paint, fault, paint.warn('but')));
  const none = [
    'No radio at all. What would do: ath9k, ath9k_htc, mt7603, mt7610u, mt7612u, mt7615, mt7915,',
    'rt2800usb, carl9170, rtw88 or ath11k hardware. MeshPay also runs over any other interface.',
  ].join('\n');
  const verdict = usable
    ? paint.good('The mesh can come up here.')
    : paint.bad('The mesh cannot come up here.');
  return [
    ...(radios.length === 0 ? [none] : blocks),
    ...(host.length === 0 ? [] : [host.join('\n')]),
    ...(beside.length === 0 ? [] : [beside.join('\n')]),
    verdict,
  ].join('\n\n');
}

function renderRadio(paint: Paint, radio: RadioView): string {
  const { name, driver, usable, country, channels, radarChannels, combinations, faults } = radio;
  const mark = usable ? paint.good('can carry the mesh') : paint.bad('cannot carry the mesh');
  const world = country === null || country === '00';
  const fields: [string, string][] = [
    ['radio', `${paint.strong(harmless(name))}  ${mark}`],
    ...(driver === null ? [] : [['driver', driverText(driver)] as [string, string]]),
    ['country', world ? paint.warn('not set') : country],
    ...channels.map(({ band, numbers }): [string, string] => [
      band,
      numbers.length === 0 ? paint.faint('no channel free') : `channels ${numbers.join(' ')}`,
    ]),
    ...(radarChannels.length === 0 ? [] : [['radar', radarText(paint, radio)] as [string, string]]),
  ];
  if (combinations.length > 0) fields.push(['together', harmless(combinations.join('\n'))]);
  const why = faults.flatMap((fault) => renderFault(paint, fault));
  return [renderFields(paint, fields), ...why].join('\n');
}

function radarText(paint: Paint, { radarChannels, watchesRadar: watches }: RadioView): string {
  const how = watches
    ? 'after listening for a minute or ten, with radio.allow_radar'
    : 'not for a mesh: the driver cannot watch for radar';
  return paint.faint(`channels ${radarChannels.join(' ')}: ${how}`);
}

/** The one that people ask about is named. */
function driverText(driver: string): string {
  const name = harmless(driver);
  return driver === 'brcmfmac' ? `${name}, as built into the Raspberry Pi` : name;
}

function renderFault(
  paint: Paint,
  { what, mend }: FaultView,
  word = paint.bad('why'),
): readonly string[] {
  return [`${word}   ${harmless(what)}`, `${paint.accent('mend')}  ${mend}`];
}
