/** `iw event` (5.19 to 6.9): what happens to radios, one line each. */
import type { RadioEvent } from '../radio.ts';

const EVENT_LINE =
  /^(?:(?<name>\S+?)(?: \(phy #(?<phy>\d+)\))?|(?:wdev \S+ \()?phy #(?<own>\d+)\)?): (?<what>.*)$/;

/** One line of `iw event`; undefined for what means nothing here. */
export function parseEvent(line: string): RadioEvent | undefined {
  const country = /^regulatory domain change.*?: (?:set to )?(\S\S)? ?/.exec(line);
  if (country !== null) {
    const letters = /set to ([A-Z0-9]{2}) /.exec(line)?.[1];
    return { kind: 'regulatory_changed', country: letters };
  }
  const { name: interfaceName, phy, own, what = '' } = EVENT_LINE.exec(line)?.groups ?? {};
  const address = /(?:..:){5}../.exec(what)?.[0];
  const number = phy ?? own;
  const phyIndex = number === undefined ? undefined : Number(number);
  if (address !== undefined) {
    if (what.startsWith('new peer candidate'))
      return { kind: 'peer_candidate', interfaceName, address };
    if (what.startsWith('new station')) return { kind: 'station_added', interfaceName, address };
    if (what.startsWith('del station')) return { kind: 'station_removed', interfaceName, address };
  }
  if (what.startsWith('new interface')) return { kind: 'interface_added', interfaceName, phyIndex };
  if (what.startsWith('del interface'))
    return { kind: 'interface_removed', interfaceName, phyIndex };
  if (what.startsWith('new wiphy')) return { kind: 'phy_added', phyIndex };
  if (what.startsWith('delete wiphy')) return { kind: 'phy_removed', phyIndex };
  if (what.startsWith('scan started')) return { kind: 'scan_started', interfaceName };
  if (/^scan (?:finished|aborted)/.test(what)) return { kind: 'scan_ended', interfaceName };
  if (what.startsWith('channel switch')) return { kind: 'channel_changed', interfaceName };
  return undefined;
}
