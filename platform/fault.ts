/**
 * Faults: what the radio side answers instead of doing something. A fault is a value,
 * never an exception: a code, the field it is about, what was expected there and what was found.
 * `FAULTS` is the one table of codes; the manual and the command line print it.
 */

interface FaultRow {
  readonly meaning: string;
  /** What a person can do about it. Settings (settings.ts) stand in braces. */
  readonly remedy: string;
}

export const FAULTS = {
  country_unset: {
    meaning: 'no country is set, so the radio must not transmit freely',
    remedy: 'set {country} to the two letters of the country that the router stands in',
  },
  country_unknown: {
    meaning: 'the regulatory database has no such country',
    remedy: 'use an ISO 3166-1 alpha-2 code such as DE or US',
  },
  country_conflict: {
    meaning: 'another radio of this router is set to another country, and there can be only one',
    remedy: 'set the same `country` in every wifi-device section, or disable the other radio',
  },
  country_other: {
    meaning: 'the mesh is up under the rules of another country than the one that is wanted',
    remedy:
      'look for what sets the country (another radio, its driver, an access point beside); until then ' +
      'the mesh may send where or louder than it must not',
  },
  ipv6_off: {
    meaning: 'IPv6 is switched off or missing, and the mesh speaks nothing else',
    remedy:
      'take disable_ipv6 out of sysctl.conf and ipv6.disable=1 out of the command line of the kernel ' +
      '(OpenWrt: install kmod-ipv6), then start the machine again',
  },
  channel_unknown: {
    meaning: 'the radio has no such channel',
    remedy: 'choose a channel that `meshpay radio probe` lists',
  },
  channel_not_allowed: {
    meaning: 'the country or the radio forbids this channel',
    remedy: 'choose a channel that is allowed in this country',
  },
  channel_no_initiation: {
    meaning: 'the radio may listen on this channel but not start to transmit there (no IR)',
    remedy: 'choose a channel without the no-IR mark, or set the country',
  },
  channel_radar: {
    meaning: 'the channel is shared with radar (DFS); mesh needs userspace radar detection there',
    remedy: 'choose a channel without radar, or set {allowRadar} knowing that it may not start',
  },
  passphrase_invalid: {
    meaning: 'the passphrase breaks the rule for WPA3-SAE',
    remedy: 'use 8 to 63 printable ASCII characters: fewer are guessed, more are not portable',
  },
  passphrase_missing: {
    meaning: 'there is no passphrase for the mesh yet',
    remedy:
      'put it into this file, the same on every node, for its owner alone: ' +
      '(umask 077; cat > FILE), then the passphrase, Enter and Ctrl-D',
  },
  passphrase_exposed: {
    meaning: 'others than its owner can read the passphrase',
    remedy: 'chmod 600 this file; if others had access to it, choose another passphrase',
  },
  mesh_id_invalid: {
    meaning: 'the mesh id breaks the rule of IEEE 802.11 (1 to 32 bytes)',
    remedy: 'use 1 to 32 bytes of UTF-8 without control characters',
  },
  interface_name_invalid: {
    meaning: 'the kernel would refuse this interface name',
    remedy: 'use 1 to 15 of a-z, A-Z, 0-9, dot, dash and underscore, beginning with a letter',
  },
  interface_missing: {
    meaning: 'there is no such interface',
    remedy: 'check the name against `meshpay radio probe`',
  },
  interface_taken: {
    meaning: 'an interface of this name is there and is not a mesh interface',
    remedy: 'choose another interface name',
  },
  address_invalid: {
    meaning: 'not an IPv6 address with a prefix length',
    remedy: 'write it like fd12:3456::1/64',
  },
  parameter_invalid: {
    meaning: 'the radio or its driver knows no such value',
    remedy: 'use one of those that were expected',
  },
  radio_missing: {
    meaning: 'no such radio is present',
    remedy:
      'plug one in, or name another: `meshpay radio probe` lists them and says what would do; ' +
      'MeshPay also runs over any other interface that `discovery.interfaces` names',
  },
  radio_unconfigured: {
    meaning: 'the radio is there, and no section of the wireless configuration is about it',
    remedy: 'run `wifi config`, which writes one for each radio that has none',
  },
  radio_without_mesh: {
    meaning: 'the radio or its driver cannot do 802.11s mesh point',
    remedy:
      'use ath9k, ath9k_htc, mt7603, mt7610u, mt7612u, mt7615, mt7915, rt2800usb, carl9170, ' +
      'rtw88 or ath11k hardware',
  },
  radio_without_sae: {
    meaning: 'the radio cannot leave SAE and mesh peering to wpa_supplicant, or lacks CCMP and BIP',
    remedy: 'use a mac80211 radio such as ath9k or mt7612u',
  },
  radio_second: {
    meaning: 'on OpenWrt one mesh is built for a node, and this would be a second one',
    remedy: 'take the second [[radio]] table out, or run both radios under Debian',
  },
  radio_busy: {
    meaning: 'the radio is in use in a way that excludes a mesh beside it',
    remedy: 'disconnect the other interface, use its channel, or name another radio',
  },
  radio_blocked: {
    meaning: 'a switch of the device keeps the radio off (rfkill, hard)',
    remedy: 'turn the radio on at the device or in its firmware',
  },
  radio_deaf: {
    meaning:
      'the radio has heard neighbours, and hears nobody any more; starting it anew did not help',
    remedy:
      'look whether other nodes are up; if they are, the radio hangs: unplug it, or start the machine ' +
      'again',
  },
  led_failed: {
    meaning: 'the LED that is to show how the mesh stands cannot be switched',
    remedy:
      'choose a name that stands in /sys/class/leds; where it stands there, let the unit of ' +
      'meshpay-radio write to its folder (ReadWritePaths)',
  },
  changes_staged: {
    meaning: 'somebody has staged changes and not committed them; a commit of ours would be theirs',
    remedy:
      'look at them with `uci changes`, then `uci commit` what is meant and `uci revert` what is not',
  },
  manager_holds: {
    meaning: 'a network manager has the mesh interface, in spite of what MeshPay told it',
    remedy:
      'look in its files for what makes it take the interface (a later or an earlier file wins), ' +
      'mend that and reload it; until then it may give the mesh addresses or let it scan',
  },
  manager_untold: {
    meaning: 'a network manager is at work that MeshPay cannot tell to leave the mesh alone',
    remedy: 'keep it from the mesh as the message says, or switch it off',
  },
  supplicant_missing: {
    meaning: 'wpa_supplicant is not installed',
    remedy: 'install wpasupplicant (Debian) or wpad-mesh-mbedtls (OpenWrt)',
  },
  supplicant_without_mesh: {
    meaning: 'this wpa_supplicant is built without mesh',
    remedy: 'OpenWrt: replace wpad-basic-* by wpad-mesh-*; Debian: use the packaged one',
  },
  tool_missing: {
    meaning: 'a program that is needed is not installed',
    remedy: 'install the package that the message names',
  },
  command_failed: {
    meaning: 'a command ended with an error',
    remedy: 'see its own words in `found`',
  },
  file_failed: {
    meaning: 'a file could not be read or written',
    remedy: 'check owner, rights and free space',
  },
  not_permitted: {
    meaning: 'the kernel asks for a capability that this process lacks',
    remedy: 'run the root unit, or give CAP_NET_ADMIN',
  },
  netlink_unavailable: {
    meaning: 'the netlink addon does not load here, or the kernel has no such family',
    remedy: 'nothing: `iw` and `ip` are used instead',
  },
  netlink_malformed: {
    meaning: 'a netlink message breaks its own format',
    remedy: 'report it with the kernel version',
  },
  netlink_refused: {
    meaning: 'the kernel refused a netlink request',
    remedy: 'see the error name in `found`',
  },
  netlink_timeout: {
    meaning: 'the kernel did not answer a netlink request in time',
    remedy: 'try again',
  },
  output_unreadable: {
    meaning: 'the output of a tool is not in the form that is known',
    remedy: 'report it with the version of the tool',
  },
  mesh_not_up: {
    meaning: 'the mesh did not come up in time',
    remedy: 'see the log that the message names: its last lines say why',
  },
  unsettled: {
    meaning: 'what was set does not stay as it was set',
    remedy:
      'look for another program that changes it; for the country, whether the radio or its driver ' +
      'has one of its own, and whether the package wireless-regdb is installed',
  },
  rolled_back: {
    meaning: 'the mesh did not come up in time, and the configuration from before is back',
    remedy:
      'see "logread" for what netifd and wpa_supplicant said, mend it, then "meshpay radio up"',
  },
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;

export interface Fault {
  readonly code: FaultCode;
  /** The setting or object that it is about: `country`, `radio phy0`, `command iw`. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

export function fault(code: FaultCode, field: string, expected: string, found: string): Fault {
  return { code, field, expected, found };
}

export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failure<T = never>(reason: Fault): Result<T> {
  return { ok: false, fault: reason };
}

/** One line for a person. */
export function describeFault(reason: Fault): string {
  const { meaning } = FAULTS[reason.code];
  return `${reason.field}: ${meaning} (expected ${reason.expected}, found ${reason.found})`;
}
