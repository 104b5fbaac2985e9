/**
 * The radios of a node, each as a configuration of its own: whatever knows one radio knows several.
 * What is about the node (body, mesh id, passphrase, country, LED) stands in the first and holds
 * for all.
 */
import { type Config, type OtherRadio, RADIO_ROWS } from './config-schema.ts';

type RadioKey = keyof typeof RADIO_ROWS;

/**
 * The first radio, and the others in their order. Of all but the first, `radio.others` is empty.
 */
export function radiosOf(config: Config): readonly [Config, ...Config[]] {
  return [config, ...config['radio.others'].map((other, i) => ofOther(config, other, i + 1))];
}

function ofOther(config: Config, other: OtherRadio, place: number): Config {
  const keys = Object.keys(RADIO_ROWS) as readonly RadioKey[];
  const fields = Object.fromEntries(keys.map((key) => [`radio.${key}`, other[key]]));
  return {
    ...config,
    ...fields,
    'radio.interface': other.interface ?? `mesh${place}`,
    'radio.status_file': statusFileOf(config['radio.status_file'], place),
    'radio.others': [],
  };
}

/** `status.json`, `status-1.json`: beside each other, so that a service may write them. */
function statusFileOf(first: string, place: number): string {
  return first.replace(/(\.[^./]*)?$/, (ending) => `-${place}${ending}`);
}
