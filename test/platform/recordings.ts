/**
 * What real routers printed, from releases of seven years. Words, order, spacing, doubled keys and
 * device paths are as people recorded them in public threads (named at each); names, keys and
 * addresses are ours, and what says nothing to the reader under test is shortened.
 */

export interface StatusRecording {
  readonly router: string;
  readonly source: string;
  /** `ubus call network.wireless status`, or `wifi status`, which prints the same. */
  readonly text: string;
  /** Interface names by section, for each radio; all of them are up. */
  readonly interfaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What every release prints first about a radio that is up. */
const HEAD = `"up": true,
\t\t"pending": false,
\t\t"autostart": true,
\t\t"disabled": false,
\t\t"retry_setup_failed": false,`;

export const STATUSES: readonly StatusRecording[] = [
  {
    router: 'TL-WR740N, OpenWrt 19.07: the name before the configuration, a key twice',
    source: 'a guide to WR740N as a client, with its "wifi status"',
    text: `{
\t"radio0": {
\t\t${HEAD}
\t\t"config": {
\t\t\t"channel": "11",
\t\t\t"hwmode": "11g",
\t\t\t"path": "platform/ahb/18100000.wmac",
\t\t\t"htmode": "HT20",
\t\t\t"disabled": false
\t\t},
\t\t"interfaces": [
\t\t\t{
\t\t\t\t"section": "default_radio0",
\t\t\t\t"ifname": "wlan0",
\t\t\t\t"config": {
\t\t\t\t\t"mode": "ap",
\t\t\t\t\t"ssid": "Ada",
\t\t\t\t\t"encryption": "none",
\t\t\t\t\t"network": [
\t\t\t\t\t\t"lan"
\t\t\t\t\t],
\t\t\t\t\t"mode": "ap"
\t\t\t\t}
\t\t\t}
\t\t]
\t}
}
`,
    interfaces: { radio0: { default_radio0: 'wlan0' } },
  },
  {
    router: 'a Freifunk router, OpenWrt 21.02: fixed names, txpower as a number',
    source: 'openwrt/packages issue 18341',
    text: `{
\t"radio0": {
\t\t${HEAD}
\t\t"config": {
\t\t\t"hwmode": "11a",
\t\t\t"path": "pci0000:00/0000:00:00.0",
\t\t\t"htmode": "VHT40",
\t\t\t"channel": "36",
\t\t\t"txpower": 19,
\t\t\t"country": "DE",
\t\t\t"legacy_rates": false
\t\t},
\t\t"interfaces": [
\t\t\t{
\t\t\t\t"section": "radio0_if0",
\t\t\t\t"ifname": "wlan5-ff",
\t\t\t\t"config": {
\t\t\t\t\t"ifname": "wlan5-ff",
\t\t\t\t\t"mode": "ap",
\t\t\t\t\t"encryption": "none",
\t\t\t\t\t"ssid": "Ada",
\t\t\t\t\t"isolate": true,
\t\t\t\t\t"network": [
\t\t\t\t\t\t"dhcp"
\t\t\t\t\t]
\t\t\t\t}
\t\t\t}
\t\t]
\t}
}
`,
    interfaces: { radio0: { radio0_if0: 'wlan5-ff' } },
  },
  {
    router:
      "GL-MT3000 with its maker's drivers: radios of other names, no name outside the configuration",
    source: 'a note on gl-sdk4-mtk-wifi-v2',
    text: `{
\t"mt798111": {
\t\t${HEAD}
\t\t"config": {
\t\t\t"band": "2g",
\t\t\t"htmode": "HE40",
\t\t\t"channel": "auto",
\t\t\t"txpower": 100,
\t\t\t"country": "US",
\t\t\t"disabled": false
\t\t},
\t\t"interfaces": [
\t\t\t{
\t\t\t\t"section": "wifi2g",
\t\t\t\t"config": {
\t\t\t\t\t"mode": "ap",
\t\t\t\t\t"ifname": "ra0",
\t\t\t\t\t"key": "a key",
\t\t\t\t\t"isolate": false,
\t\t\t\t\t"mode": "ap",
\t\t\t\t\t"isolate": false
\t\t\t\t},
\t\t\t\t"vlans": [

\t\t\t\t],
\t\t\t\t"stations": [

\t\t\t\t]
\t\t\t}
\t\t]
\t}
}
`,
    interfaces: { mt798111: {} },
  },
  {
    router:
      'AX6000, OpenWrt 25.12: the name after the configuration, a radio that is up with nothing on it',
    source: "a report on the router's three radios",
    text: `{
\t"radio0": {
\t\t${HEAD}
\t\t"config": {
\t\t\t"type": "mac80211",
\t\t\t"band": "2g",
\t\t\t"cell_density": 0,
\t\t\t"channel": "auto",
\t\t\t"htmode": "HE20",
\t\t\t"path": "platform/soc@0/c000000.wifi"
\t\t},
\t\t"interfaces": [
\t\t\t{
\t\t\t\t"section": "default_radio0",
\t\t\t\t"config": {
\t\t\t\t\t"network": [
\t\t\t\t\t\t"lan"
\t\t\t\t\t],
\t\t\t\t\t"device": [
\t\t\t\t\t\t"radio0"
\t\t\t\t\t],
\t\t\t\t\t"mode": "ap",
\t\t\t\t\t"encryption": "psk2",
\t\t\t\t\t"key": "a key",
\t\t\t\t\t"ssid": "Ada",
\t\t\t\t\t"radios": [
\t\t\t\t\t\t
\t\t\t\t\t]
\t\t\t\t},
\t\t\t\t"ifname": "phy1-ap0",
\t\t\t\t"vlans": [
\t\t\t\t\t
\t\t\t\t],
\t\t\t\t"stations": [
\t\t\t\t\t
\t\t\t\t]
\t\t\t}
\t\t]
\t},
\t"radio2": {
\t\t${HEAD}
\t\t"config": {
\t\t\t"type": "mac80211",
\t\t\t"band": "5g",
\t\t\t"channel": "36",
\t\t\t"htmode": "VHT80",
\t\t\t"path": "soc@0/80000000.pcie/pci0001:00/0001:00:00.0/0001:01:00.0"
\t\t},
\t\t"interfaces": [
\t\t\t
\t\t]
\t}
}
`,
    interfaces: { radio0: { default_radio0: 'phy1-ap0' }, radio2: {} },
  },
];

export interface UciRecording {
  readonly router: string;
  readonly source: string;
  /** `uci show wireless`. */
  readonly text: string;
  /** Where sysfs has the devices of the radios. */
  readonly folders: Readonly<Record<string, string>>;
  /** Which wifi-device a phy on a frequency belongs to. */
  readonly devices: readonly {
    readonly phy: string;
    readonly frequencyMhz: number;
    readonly device: string;
  }[];
}

export const UCI_SHOWS: readonly UciRecording[] = [
  {
    router:
      'EW-72 (MT7621), a snapshot of 2024: two PCI devices, an encrypted mesh beside an access point',
    source: 'openwrt/packages issue 24467',
    text: `wireless.radio0=wifi-device
wireless.radio0.type='mac80211'
wireless.radio0.path='1e140000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0'
wireless.radio0.band='2g'
wireless.radio0.channel='6'
wireless.radio0.htmode='HT20'
wireless.radio0.disabled='0'
wireless.AP=wifi-iface
wireless.AP.device='radio0'
wireless.AP.network='lan'
wireless.AP.mode='ap'
wireless.AP.ssid='Ada and Grace - do not connect'
wireless.AP.encryption='psk2'
wireless.AP.key='a key'
wireless.mesh=wifi-iface
wireless.mesh.device='radio0'
wireless.mesh.network='lan'
wireless.mesh.mode='mesh'
wireless.mesh.mesh_id='d7e8b340b41d54a7'
wireless.mesh.encryption='psk2'
wireless.mesh.key='a key'
wireless.mesh.hidden='1'
wireless.mesh.disabled='0'
wireless.radio1=wifi-device
wireless.radio1.type='mac80211'
wireless.radio1.path='1e140000.pcie/pci0000:00/0000:00:01.0/0000:02:00.0'
wireless.radio1.band='5g'
wireless.radio1.channel='36'
wireless.radio1.htmode='VHT80'
wireless.radio1.disabled='1'`,
    folders: {
      phy0: '/sys/devices/platform/1e140000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0',
      phy1: '/sys/devices/platform/1e140000.pcie/pci0000:00/0000:00:01.0/0000:02:00.0',
    },
    devices: [
      { phy: 'phy0', frequencyMhz: 2437, device: 'radio0' },
      { phy: 'phy1', frequencyMhz: 5180, device: 'radio1' },
    ],
  },
  {
    router: 'GL-AX1800 (IPQ6000), OpenWrt 24.10: two radios of one device, the second as "+1"',
    source: 'openwrt/openwrt pull request 14950',
    text: `wireless.radio0=wifi-device
wireless.radio0.type='mac80211'
wireless.radio0.path='platform/soc@0/c000000.wifi'
wireless.radio0.band='5g'
wireless.radio0.channel='44'
wireless.radio0.htmode='HE80'
wireless.radio0.cell_density='0'
wireless.radio0.country='DE'
wireless.default_radio0=wifi-iface
wireless.default_radio0.device='radio0'
wireless.default_radio0.network='lan'
wireless.default_radio0.mode='ap'
wireless.default_radio0.ssid='Ada'
wireless.default_radio0.encryption='psk2'
wireless.default_radio0.key='a key'
wireless.default_radio0.ieee80211r='1'
wireless.radio1=wifi-device
wireless.radio1.type='mac80211'
wireless.radio1.path='platform/soc@0/c000000.wifi+1'
wireless.radio1.band='2g'
wireless.radio1.channel='1'
wireless.radio1.htmode='HE40'`,
    folders: {
      phy0: '/sys/devices/platform/soc@0/c000000.wifi',
      phy1: '/sys/devices/platform/soc@0/c000000.wifi',
    },
    devices: [
      { phy: 'phy0', frequencyMhz: 5220, device: 'radio0' },
      { phy: 'phy1', frequencyMhz: 2412, device: 'radio1' },
    ],
  },
];

/** `ubus listen network.interface` and all else that `ubus listen` prints at a reload. */
export const UBUS_LINES = {
  source: 'transcripts of "ubus listen" while netifd was reloaded',
  text: `{ "ubus.object.add": {"id":1365477379,"path":"network.interface"} }
{ "ubus.object.add": {"id":-1790820211,"path":"network.interface.meshpay"} }
{ "network.interface": {"action":"ifdown","interface":"meshpay"} }
{ "ubus.object.remove": {"id":-627066478,"path":"hostapd.phy1-ap0"} }
{ "network.interface": {"action":"ifup","interface":"meshpay"} }`,
} as const;

/**
 * `logread -e MESH-` while a neighbour has another passphrase: four failures, then it is blocked.
 */
export const SAE_LOG = {
  source: 'libremesh/lime-packages issue 837',
  text: `Wed Jun  2 09:27:16 2021 daemon.notice wpa_supplicant[1936]: mesh0: MESH-SAE-AUTH-FAILURE addr=02:00:00:15:1f:0a
Wed Jun  2 09:27:31 2021 daemon.notice wpa_supplicant[1936]: mesh0: MESH-SAE-AUTH-FAILURE addr=02:00:00:15:1f:0a
Wed Jun  2 09:27:49 2021 daemon.notice wpa_supplicant[1936]: mesh0: MESH-SAE-AUTH-FAILURE addr=02:00:00:15:1f:0a
Wed Jun  2 09:28:07 2021 daemon.notice wpa_supplicant[1936]: mesh0: MESH-SAE-AUTH-FAILURE addr=02:00:00:15:1f:0a
Wed Jun  2 09:28:07 2021 daemon.notice wpa_supplicant[1936]: mesh0: MESH-SAE-AUTH-BLOCKED addr=02:00:00:15:1f:0a duration=300
Mon Jun  7 12:17:27 2021 daemon.notice wpa_supplicant[1936]: mesh0: MESH-PEER-CONNECTED 02:00:00:15:15:29
`,
} as const;

/** What `ubus call` says, with exit 4, while netifd is not there yet. */
export const NETIFD_AWAY = 'Command failed: Not found\n';
