/**
 * What does not keep the rules of the house yet. These lists only get shorter (ratchet.ts), but for
 * the one of what tests look at, where an entry needs no other reason than the test.
 */

/** Functions longer than a screen: to be made classes with `#` members, or split. */
export const TOO_LONG: readonly string[] = [];

/** Files that import each other, if only for types. */
export const CIRCLES: readonly string[] = [];

/** Exports without a user. */
export const UNUSED: readonly string[] = [];

/** Type names that mean two things: one of the two is to be renamed. */
export const AMBIGUOUS: readonly string[] = [];

/** Functions of the core whose arguments come in another order than in the others. */
export const WANDERERS: readonly string[] = [];

/** Places whose comments are wider than the page. */
export const WIDE: readonly string[] = [];

/** What only tests import: they look inside where too little is seen from outside. */
export const FOR_TESTS: readonly string[] = [
  'MESHPAYD',
  'agreementOn',
  'digestAt',
  'BeatHeard',
  'PLAIN',
  'ORDER_RULES',
  'MAX_BEACON_BYTES',
  'MAX_ORDER_BYTES',
  'factCoder',
  'encodeGenesis',
  'decodeGenesis',
  'judgeRadio',
  'isLit',
  'barsOf',
  'hopsOf',
  'heardBest',
  'createPeerNews',
  'claimStore',
  'createEngine',
  'createNodeCheck',
  'loadSodium',
  'NOBODY_READS',
  'createShares',

  'sendOrLose',
  'MAX_DATAGRAM_BYTES',
  'pauseMs',
  'LINK_FAULTS',
  'openMulticast',
  'protocolName',
  'wantsDebugger',
  'STANDINGS',
  'backupFolder',
  'holderOf',
  'schemaCoder',
  'NoticeOf',
  'describeCommand',
  'DummyPlatform',
  'SYSTEM_EDITS',
  'SYSTEM_FILES',
  'isAlive',
  'nmcliState',
  'networkctlState',
  'writeAttribute',
  'reachedBy',
];
