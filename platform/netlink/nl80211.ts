/** Numbers of nl80211 that are used here (include/uapi/linux/nl80211.h), and nothing else. */

export const FAMILY_NAME = 'nl80211';

export const Nl80211Command = {
  GET_WIPHY: 1,
  NEW_WIPHY: 3,
  DEL_WIPHY: 4,
  GET_INTERFACE: 5,
  SET_INTERFACE: 6,
  NEW_INTERFACE: 7,
  DEL_INTERFACE: 8,
  GET_STATION: 17,
  NEW_STATION: 19,
  DEL_STATION: 20,
  GET_MPATH: 21,
  NEW_MPATH: 23,
  REQ_SET_REG: 27,
  GET_MESH_CONFIG: 28,
  SET_MESH_CONFIG: 29,
  GET_REG: 31,
  TRIGGER_SCAN: 33,
  NEW_SCAN_RESULTS: 34,
  SCAN_ABORTED: 35,
  REG_CHANGE: 36,
  NEW_PEER_CANDIDATE: 72,
  CH_SWITCH_NOTIFY: 88,
  RADAR_DETECT: 94,
  WIPHY_REG_CHANGE: 113,
} as const;

export const Attr = {
  WIPHY: 1,
  WIPHY_NAME: 2,
  IFINDEX: 3,
  IFNAME: 4,
  IFTYPE: 5,
  MAC: 6,
  STA_INFO: 21,
  WIPHY_BANDS: 22,
  MPATH_NEXT_HOP: 26,
  MPATH_INFO: 27,
  SUPPORTED_IFTYPES: 32,
  REG_ALPHA2: 33,
  MESH_CONFIG: 35,
  WIPHY_FREQ: 38,
  CIPHER_SUITES: 57,
  WIPHY_COVERAGE_CLASS: 89,
  INTERFACE_COMBINATIONS: 120,
  FEATURE_FLAGS: 143,
  DFS_REGION: 146,
  SPLIT_WIPHY_DUMP: 174,
  WIPHY_SELF_MANAGED_REG: 216,
} as const;

/** Of phys with several radios, since Linux 6.11: newer than the headers that most hosts have. */
export const RadiosAttr = { WIPHY_RADIOS: 331, WIPHY_INTERFACE_COMBINATIONS: 332 } as const;

/** `enum nl80211_wiphy_radio_attrs`; the last two may stand several times. */
export const WiphyRadioAttr = { FREQ_RANGE: 2, INTERFACE_COMBINATION: 3 } as const;

/** `enum nl80211_wiphy_radio_freq_range`, in kHz. */
export const RadioRangeAttr = { START: 1, END: 2 } as const;

/** `enum nl80211_feature_flags`. */
export const Feature = { SAE: 1 << 5, USERSPACE_MPM: 1 << 16 } as const;

export const BandAttr = { FREQS: 1 } as const;

export const FrequencyAttr = { FREQ: 1, DISABLED: 2, NO_IR: 3, RADAR: 5 } as const;

export const CombinationAttr = {
  LIMITS: 1,
  MAXNUM: 2,
  NUM_CHANNELS: 4,
  RADAR_DETECT_WIDTHS: 5,
} as const;

export const LimitAttr = { MAX: 1, TYPES: 2 } as const;

export const StationAttr = {
  INACTIVE_TIME: 1,
  PLINK_STATE: 6,
  SIGNAL: 7,
  TX_BITRATE: 8,
  RX_PACKETS: 9,
  TX_PACKETS: 10,
  TX_RETRIES: 11,
  TX_FAILED: 12,
  SIGNAL_AVG: 13,
  RX_BITRATE: 14,
  BSS_PARAM: 15,
  CONNECTED_TIME: 16,
  STA_FLAGS: 17,
  EXPECTED_THROUGHPUT: 27,
  AIRTIME_LINK_METRIC: 41,
} as const;

/** `enum nl80211_sta_flags`: bit numbers in the mask and set words of STA_FLAGS. */
export const StationFlag = { AUTHORIZED: 1, MFP: 4 } as const;

export const RateAttr = { BITRATE: 1, BITRATE32: 5 } as const;

export const BssAttr = { BEACON_INTERVAL: 5 } as const;

export const PathAttr = {
  FRAME_QLEN: 1,
  SN: 2,
  METRIC: 3,
  EXPTIME: 4,
  FLAGS: 5,
  HOP_COUNT: 8,
  PATH_CHANGE: 9,
} as const;

export const PathFlag = {
  ACTIVE: 1,
  RESOLVING: 2,
  SN_VALID: 4,
  FIXED: 8,
  RESOLVED: 16,
} as const;

export const MULTICAST_GROUPS = ['config', 'scan', 'regulatory', 'mlme'] as const;
