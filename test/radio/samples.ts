/** A mesh that is well, as meshpay-radio reports it. */
import type { RadioReport, ReportedPath } from '../../agent/shell/radio/report.ts';
import type { MeshStatus } from '../../platform/platform.ts';
import { station } from '../platform/samples.ts';

export const MESH: MeshStatus = {
  interfaceName: 'mesh0',
  phyName: 'phy1',
  address: '02:00:00:00:01:00',
  ipv6: ['fd12::1/64', 'fe80::ff:fe00:100/64'],
  exists: true,
  up: true,
  joined: true,
  frequencyMhz: 2412,
  country: 'DE',
  indoorOnly: false,
  supplicantRunning: true,
  parameters: {},
  saeFailures: [],
  warnings: [],
};

export const NEIGHBOUR = { ...station('02:00:00:00:02:00', 108), connectedSeconds: 90 };

export const PATH: ReportedPath = {
  destination: '02:00:00:00:03:00',
  nextHop: '02:00:00:00:02:00',
  sequence: 7,
  metric: 1640,
  queuedFrames: 0,
  expiresMs: 4200,
  active: true,
  resolving: false,
  sequenceValid: true,
  fixed: false,
  resolved: true,
  hopCount: 2,
  pathChanges: 1,
  changesPerHour: 0,
};

export const REPORT: RadioReport = {
  format: 2,
  pid: 4711,
  uptimeMs: 100_000,
  sinceMs: 40_000,
  state: 'up',
  body: 'linux',
  wanted: {
    interfaceName: 'mesh0',
    meshId: 'street',
    country: 'DE',
    frequencyMhz: 2412,
    addresses: ['fd12::1/64'],
  },
  notes: [],
  faults: [],
  nextTryMs: null,
  mesh: MESH,
  stations: [NEIGHBOUR],
  paths: [PATH],
  forgotten: [],
  duplicates: { ofKey: [], ofHardware: [] },
  log: { lost: 0, fault: null },
};
