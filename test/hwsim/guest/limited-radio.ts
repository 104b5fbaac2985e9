/**
 * Adds a radio to the namespace in which it runs that can be a station and nothing else, as some
 * built-in radios of single-board computers: HWSIM_CMD_NEW_RADIO of mac80211_hwsim (kernel
 * drivers/net/wireless/virtual/mac80211_hwsim.h) with a list of interface types.
 */
import type { Result } from '../../../platform/fault.ts';
import {
  writeAttribute,
  writeFlag,
  writeNumber,
  writeText,
} from '../../../platform/netlink/attributes.ts';
import { Controller, readFamily } from '../../../platform/netlink/interface.ts';
import { writeGeneric } from '../../../platform/netlink/message.ts';
import { NetlinkSocket, openAddon, Protocol } from '../../../platform/netlink/socket.ts';

const FAMILY_NAME = 'MAC80211_HWSIM';
const NEW_RADIO = 4;
const ATTR_RADIO_NAME = 17;
const ATTR_NO_VIF = 18;
const ATTR_IFTYPE_SUPPORT = 23;
/** BIT(NL80211_IFTYPE_STATION) */
const STATION_ONLY = 1 << 2;

const socket = new NetlinkSocket(need(await openAddon(Protocol.GENERIC)));
const lookUp = writeGeneric(
  Controller.GET_FAMILY,
  [writeText(Controller.ATTR_FAMILY_NAME, FAMILY_NAME)],
  1,
);
const [answer] = need(await socket.request(FAMILY_NAME, Controller.FAMILY, 0, lookUp));
if (answer === undefined) throw new Error('the controller gave no answer');
const name = process.argv[2] ?? 'limited';
const radio = writeGeneric(NEW_RADIO, [
  writeAttribute(ATTR_RADIO_NAME, Buffer.from(name)),
  writeFlag(ATTR_NO_VIF),
  writeNumber(ATTR_IFTYPE_SUPPORT, 4, STATION_ONLY),
]);
const made = await socket.request('a new radio', readFamily(answer).id, 0, radio);
// The kernel answers with the number of the new radio where others answer with 0.
if (!made.ok && !made.fault.found.startsWith('positive error number')) need(made);
socket.close();

function need<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.fault.field}: ${result.fault.found}`);
  return result.value;
}
