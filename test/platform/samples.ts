/** Plain data that several tests start from. */
import type { Channel, Phy, Station } from '../../platform/radio.ts';
import {
  DEFAULT_BEACON_INTERVAL_TU,
  DEFAULT_MULTICAST_RATE_MBPS,
  type MeshSettings,
} from '../../platform/settings.ts';

export const PASSPHRASE = 'correct horse "battery"';

export const SETTINGS: MeshSettings = {
  radio: undefined,
  interfaceName: 'mesh0',
  meshId: 'street',
  passphrase: PASSPHRASE,
  country: 'US',
  frequencyMhz: 2412,
  allowRadar: false,
  addresses: ['fd12::1/64'],
  parameters: { mesh_ttl: 31, mesh_fwding: 1 },
  beaconIntervalTu: DEFAULT_BEACON_INTERVAL_TU,
  multicastRateMbps: DEFAULT_MULTICAST_RATE_MBPS,
};

function channel(band: Channel['band'], number: number, frequencyMhz: number): Channel {
  return { band, number, frequencyMhz, disabled: false, noInitiation: false, radar: false };
}

export const PHY: Phy = {
  index: 0,
  name: 'phy0',
  interfaceTypes: ['managed', 'AP', 'mesh point'],
  ciphers: ['00-0f-ac:4', '00-0f-ac:6'],
  combinations: [
    {
      limits: [{ max: 4, types: ['managed', 'AP', 'mesh point'] }],
      maxInterfaces: 4,
      maxChannels: 1,
    },
  ],
  coverageClass: 0,
  radios: [],
  channels: [
    channel('2.4 GHz', 1, 2412),
    { ...channel('2.4 GHz', 12, 2467), noInitiation: true },
    { ...channel('2.4 GHz', 14, 2484), disabled: true },
    channel('5 GHz', 36, 5180),
    { ...channel('5 GHz', 52, 5260), radar: true },
  ],
  saeInUserspace: true,
  peeringInUserspace: true,
};

/** A radio like the one that is built into a Raspberry Pi. */
export const PHY_WITHOUT_MESH: Phy = {
  ...PHY,
  index: 1,
  name: 'phy1',
  interfaceTypes: ['managed', 'AP'],
};

export function station(address: string, inactiveMs: number): Station {
  return {
    address,
    peerLink: 'ESTAB',
    inactiveMs,
    connectedSeconds: 60,
    signalDbm: -60,
    signalAverageDbm: -60,
    txRateKbps: 13_000,
    rxRateKbps: 13_000,
    expectedThroughputKbps: 9000,
    rxPackets: 100,
    txPackets: 100,
    txRetries: 0,
    txFailed: 0,
    airtimeMetric: 800,
    authorized: true,
    protectedManagement: true,
    beaconIntervalTu: 150,
  };
}
