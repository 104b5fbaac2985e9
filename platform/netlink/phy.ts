/**
 * Wiphy dumps of nl80211. With SPLIT_WIPHY_DUMP the kernel spreads one wiphy over many messages,
 * and one band over several: their lists are joined here by wiphy and band, in order of arrival.
 */

import { channelNumber } from '../channel.ts';
import type { Band, Channel, Combination, InterfaceType, Phy, PhyRadio } from '../radio.ts';
import {
  type Attribute,
  type Attributes,
  MalformedAttribute,
  nestedList,
  readAttributes,
  readList,
  required,
  text,
  u8,
  u32,
  viewOf,
} from './attributes.ts';
import { readGeneric } from './message.ts';
import {
  Attr,
  BandAttr,
  CombinationAttr,
  Feature,
  FrequencyAttr,
  LimitAttr,
  Nl80211Command,
  RadioRangeAttr,
  RadiosAttr,
  WiphyRadioAttr,
} from './nl80211.ts';

/** `enum nl80211_iftype`, by number, in the words of `iw`. */
const INTERFACE_TYPES: readonly InterfaceType[] = [
  'unspecified',
  'IBSS',
  'managed',
  'AP',
  'AP/VLAN',
  'WDS',
  'monitor',
  'mesh point',
  'P2P-client',
  'P2P-GO',
  'P2P-device',
  'outside context of a BSS',
  'NAN',
];

export const MESH_POINT = INTERFACE_TYPES.indexOf('mesh point');

/** `enum nl80211_band`; other bands cannot carry a mesh. */
const BANDS: ReadonlyMap<number, Band> = new Map([
  [0, '2.4 GHz'],
  [1, '5 GHz'],
  [3, '6 GHz'],
]);

const RADAR = { detectsRadar: true } as const;

interface Draft {
  name: string | undefined;
  features: number;
  coverageClass: number | undefined;
  interfaceTypes: readonly InterfaceType[];
  ciphers: readonly string[];
  combinations: readonly Combination[];
  /** Of a phy with several radios; what `combinations` then has is the first of them. */
  ofAllRadios: readonly Combination[] | undefined;
  radios: readonly PhyRadio[];
  readonly channels: Channel[];
}

/** The phys of a split dump: the payloads of all its messages. Throws Malformed. */
export function readPhys(payloads: readonly Uint8Array[]): readonly Phy[] {
  const drafts = new Map<number, Draft>();
  for (const payload of payloads) {
    const { command, attributes } = readGeneric(payload);
    if (command !== Nl80211Command.NEW_WIPHY)
      throw new MalformedAttribute(`command ${command} in a wiphy dump`);
    const index = required(u32(attributes, Attr.WIPHY), 'wiphy index');
    const draft = drafts.get(index) ?? emptyDraft();
    drafts.set(index, draft);
    addPart(draft, attributes);
  }
  return [...drafts].map(([index, draft]) => ({
    index,
    name: required(draft.name, 'wiphy name'),
    interfaceTypes: draft.interfaceTypes,
    ciphers: draft.ciphers,
    combinations: draft.ofAllRadios ?? draft.combinations,
    radios: draft.radios,
    coverageClass: draft.coverageClass,
    channels: draft.channels,
    saeInUserspace: (draft.features & Feature.SAE) !== 0,
    peeringInUserspace: (draft.features & Feature.USERSPACE_MPM) !== 0,
  }));
}

/** The name of an interface type; a number that is newer than this table is `unspecified`. */
export function interfaceTypeName(number: number): InterfaceType {
  return INTERFACE_TYPES[number] ?? 'unspecified';
}

function emptyDraft(): Draft {
  return {
    name: undefined,
    features: 0,
    interfaceTypes: [],
    ciphers: [],
    combinations: [],
    ofAllRadios: undefined,
    radios: [],
    coverageClass: undefined,
    channels: [],
  };
}

function addPart(draft: Draft, attributes: Attributes): void {
  draft.name = text(attributes, Attr.WIPHY_NAME) ?? draft.name;
  draft.coverageClass = u8(attributes, Attr.WIPHY_COVERAGE_CLASS) ?? draft.coverageClass;
  draft.features = u32(attributes, Attr.FEATURE_FLAGS) ?? draft.features;
  if (attributes.has(Attr.SUPPORTED_IFTYPES)) {
    draft.interfaceTypes = readTypes(attributes, Attr.SUPPORTED_IFTYPES);
  }
  const ciphers = attributes.get(Attr.CIPHER_SUITES);
  if (ciphers !== undefined) draft.ciphers = readCiphers(ciphers);
  if (attributes.has(Attr.INTERFACE_COMBINATIONS)) {
    draft.combinations = nestedList(attributes, Attr.INTERFACE_COMBINATIONS).map(({ value }) =>
      readCombination(readAttributes(value)),
    );
  }
  if (attributes.has(RadiosAttr.WIPHY_INTERFACE_COMBINATIONS)) {
    draft.ofAllRadios = nestedList(attributes, RadiosAttr.WIPHY_INTERFACE_COMBINATIONS).map(
      ({ value }) => readCombination(readAttributes(value)),
    );
  }
  if (attributes.has(RadiosAttr.WIPHY_RADIOS)) {
    draft.radios = nestedList(attributes, RadiosAttr.WIPHY_RADIOS).map(({ value }) =>
      readRadio(readList(value)),
    );
  }
  for (const { type, value } of nestedList(attributes, Attr.WIPHY_BANDS)) {
    const band = BANDS.get(type);
    if (band === undefined) continue;
    for (const frequency of nestedList(readAttributes(value), BandAttr.FREQS)) {
      draft.channels.push(readChannel(band, readAttributes(frequency.value)));
    }
  }
}

function readTypes(attributes: Attributes, type: number): readonly InterfaceType[] {
  return nestedList(attributes, type).map((entry) => interfaceTypeName(entry.type));
}

/** Suites are u32 with the OUI in the upper three bytes. */
function readCiphers(bytes: Uint8Array): readonly string[] {
  if (bytes.length % 4 !== 0) throw new MalformedAttribute(`cipher list of ${bytes.length} bytes`);
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / 4 }, (_, place) => {
    const suite = view.getUint32(place * 4, true);
    const oui = [24, 16, 8].map((shift) =>
      ((suite >>> shift) & 0xff).toString(16).padStart(2, '0'),
    );
    return `${oui.join('-')}:${suite & 0xff}`;
  });
}

function readCombination(attributes: Attributes): Combination {
  return {
    limits: nestedList(attributes, CombinationAttr.LIMITS).map(({ value }) => {
      const limit = readAttributes(value);
      return {
        max: required(u32(limit, LimitAttr.MAX), 'interface limit'),
        types: readTypes(limit, LimitAttr.TYPES),
      };
    }),
    maxInterfaces: required(u32(attributes, CombinationAttr.MAXNUM), 'interface total'),
    maxChannels: required(u32(attributes, CombinationAttr.NUM_CHANNELS), 'channel total'),
    ...((u32(attributes, CombinationAttr.RADAR_DETECT_WIDTHS) ?? 0) === 0 ? {} : RADAR),
  };
}

/** Its attributes repeat, so their order is read, and not the last of each. */
function readRadio(attributes: readonly Attribute[]): PhyRadio {
  const all = (wanted: number) =>
    attributes.filter(({ type }) => type === wanted).map(({ value }) => readAttributes(value));
  return {
    ranges: all(WiphyRadioAttr.FREQ_RANGE).map((range) => ({
      lowMhz: required(u32(range, RadioRangeAttr.START), 'start of a range') / 1000,
      highMhz: required(u32(range, RadioRangeAttr.END), 'end of a range') / 1000,
    })),
    combinations: all(WiphyRadioAttr.INTERFACE_COMBINATION).map(readCombination),
  };
}

function readChannel(band: Band, attributes: Attributes): Channel {
  const frequencyMhz = required(u32(attributes, FrequencyAttr.FREQ), 'frequency');
  const disabled = attributes.has(FrequencyAttr.DISABLED);
  return {
    band,
    number: channelNumber(frequencyMhz) ?? 0,
    frequencyMhz,
    disabled,
    noInitiation: !disabled && attributes.has(FrequencyAttr.NO_IR),
    radar: !disabled && attributes.has(FrequencyAttr.RADAR),
  };
}
