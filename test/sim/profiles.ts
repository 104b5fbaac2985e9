/**
 * Profiles: how often each kind of fault comes, how bad the weather is, and who is hostile. A run
 * has so many chances of every kind; the weight of a kind is how many of a thousand such chances
 * come true.
 */
import type { FaultKind } from './fault-kinds.ts';
import type { Access } from './layout.ts';

export interface Profile {
  readonly about: string;
  /** Chances of each kind in a run, from and to. */
  readonly chances: readonly [number, number];
  readonly weights: Readonly<Partial<Record<FaultKind, number>>>;
  /** Worst shares of a thousand that the weather loses, doubles, lets overtake. */
  readonly weather: readonly [number, number, number];
  /** Payments of a run, from and to. */
  readonly payments: readonly [number, number];
  /** Of a hundred payments, how many are withdrawals, in every second run at least. */
  readonly withdrawals: number;
  /** Virtual seconds of trouble, from and to. */
  readonly seconds: readonly [number, number];
  readonly wallets: readonly [number, number];
  /** Runs of a hundred that have traitors, and thieves. */
  readonly traitors: number;
  readonly thieves: number;
  /** Runs of a hundred with relays that have a relay which withholds. */
  readonly saboteurs: number;
  /** Runs of a hundred with relays that have strangers who take links there and swallow frames. */
  readonly squatters: number;
  /** Of a hundred relays that withhold, those that also answer in the authorities' names. */
  readonly liars: number;
  /**
   * Runs of a hundred that have a wallet with another genesis document, and that have a relay with
   * one; a quarter as many have an authority with one, counted among the faults that the committee
   * stands.
   */
  readonly misled: number;
  /** Runs of a hundred that have payers with chosen keys, deputies, and strangers that flood. */
  readonly crowders: number;
  readonly deputies: number;
  readonly flooders: number;
  /** Runs of a hundred in which a member's key has a second life. */
  readonly twins: number;
  /** Sizes of committees to draw from; the usual ones if left out. */
  readonly committees?: readonly number[];
  /** Steps take time. */
  readonly isMetered?: boolean;
  /** How all wallets reach the authorities, if all do it alike. */
  readonly access?: Access;
  /** No wallet has a link to an authority. */
  readonly isRelayed?: boolean;
  /** Runs of a hundred in which gateways serve the outer ledger; all of those have withdrawals. */
  readonly cashed: number;
  /** One traitor too many. */
  readonly isBroken?: boolean;
}

const EVERYTHING: Readonly<Record<FaultKind, number>> = {
  crash: 103,
  crash_in_commit: 121,
  power_cut: 17,
  full_disk: 34,
  slow_disk: 34,
  restore: 43,
  bit_rot: 26,
  forget: 17,
  old_copy: 17,
  slow: 34,
  cut: 43,
  one_way: 69,
  only_hears: 34,
  island: 69,
  radio_off: 43,
  clog: 43,
  flap: 69,
  storm: 43,
  wall_jump: 43,
  spurious: 52,
  fade: 43,
  pause: 52,
  torn: 26,
  crowd: 34,
  wallet_rot: 17,
  absent: 0,
  ledger_away: 0,
  reorganised: 0,
};

const USUAL = {
  chances: [3, 24],
  weights: EVERYTHING,
  weather: [120, 80, 200],
  payments: [85, 190],
  withdrawals: 20,
  seconds: [20, 80],
  wallets: [3, 10],
  traitors: 70,
  thieves: 60,
  saboteurs: 30,
  squatters: 25,
  liars: 60,
  misled: 12,
  crowders: 0,
  deputies: 0,
  flooders: 0,
  twins: 0,
  cashed: 0,
} as const satisfies Omit<Profile, 'about'>;

export const PROFILES: Readonly<Record<string, Profile>> = {
  full: {
    ...USUAL,
    about: 'every fault, hostile authorities up to f, hostile wallets, now and then deputies',
    deputies: 12,
  },
  calm: {
    ...USUAL,
    about: 'no fault and nobody hostile',
    misled: 0,
    chances: [0, 0],
    weather: [0, 0, 0],
    traitors: 0,
    thieves: 0,
    saboteurs: 0,
    squatters: 0,
  },
  network: {
    ...USUAL,
    about: 'cuts, islands, loss; everybody honest, no process dies',
    chances: [6, 50],
    weights: only(
      'cut',
      'one_way',
      'only_hears',
      'island',
      'radio_off',
      'clog',
      'flap',
      'storm',
      'fade',
    ),
    weather: [300, 150, 400],
    traitors: 0,
    thieves: 0,
    saboteurs: 0,
    squatters: 0,
  },
  crashes: {
    ...USUAL,
    about: 'processes and disks die again and again; everybody honest',
    chances: [40, 130],
    weights: only(
      'crash',
      'crash_in_commit',
      'power_cut',
      'full_disk',
      'slow_disk',
      'restore',
      'bit_rot',
      'pause',
      'torn',
      'wallet_rot',
    ),
    weather: [20, 20, 20],
    traitors: 0,
    thieves: 0,
    saboteurs: 0,
    squatters: 0,
  },
  hostile: {
    ...USUAL,
    about: 'as many traitors as the network stands, thieves, little else',
    chances: [0, 8],
    weather: [20, 20, 60],
    traitors: 100,
    thieves: 100,
  },
  relayed: {
    ...USUAL,
    about:
      'all wallets behind relays, one of which lies; few payments, so that each last one counts',
    chances: [0, 4],
    weather: [20, 20, 60],
    payments: [15, 40],
    seconds: [8, 20],
    wallets: [8, 10],
    traitors: 0,
    thieves: 0,
    saboteurs: 100,
    squatters: 50,
    liars: 100,
    isRelayed: true,
  },
  chosen: {
    ...USUAL,
    about: 'payers with chosen keys, who pay on while an authority that was away comes back',
    chances: [1, 1],
    weights: { absent: 1_000 },
    weather: [0, 0, 0],
    payments: [20, 40],
    seconds: [4, 6],
    wallets: [8, 10],
    traitors: 0,
    committees: [4],
    thieves: 0,
    saboteurs: 0,
    squatters: 0,
    misled: 0,
    crowders: 100,
  },
  deputies: {
    ...USUAL,
    about: 'traitors and strangers that write into the channels of those who give them frames',
    chances: [2, 8],
    weights: { cut: 300, radio_off: 100, only_hears: 60, crash: 60 },
    weather: [20, 20, 60],
    payments: [30, 80],
    seconds: [8, 20],
    traitors: 70,
    thieves: 50,
    saboteurs: 0,
    squatters: 0,
    committees: [4, 4, 5, 7],
    deputies: 100,
    access: 'some',
  },
  flooded: {
    ...USUAL,
    about: 'steps take time, and strangers and members flood the authorities; no fault',
    chances: [0, 0],
    weights: {},
    weather: [0, 0, 0],
    payments: [20, 40],
    seconds: [8, 14],
    wallets: [4, 8],
    traitors: 60,
    thieves: 0,
    saboteurs: 0,
    squatters: 0,
    misled: 0,
    committees: [4],
    flooders: 100,
    isMetered: true,
  },
  copied: {
    ...USUAL,
    about: 'the node of a member is copied, and both go on; all start with their unused marks',
    chances: [0, 6],
    weights: { crash: 100, cut: 60, radio_off: 60, slow_disk: 60 },
    weather: [20, 20, 60],
    payments: [30, 80],
    seconds: [8, 20],
    traitors: 0,
    thieves: 50,
    saboteurs: 0,
    squatters: 0,
    misled: 0,
    committees: [4, 4, 5, 7],
    twins: 100,
  },
  cashed: {
    ...USUAL,
    about: 'gateways that race and crash, an outer ledger that lies; withdrawals and deposits',
    chances: [3, 14],
    weights: {
      ...EVERYTHING,
      crash: 200,
      crash_in_commit: 200,
      ledger_away: 100,
      reorganised: 150,
    },
    payments: [40, 90],
    withdrawals: 50,
    seconds: [12, 40],
    wallets: [3, 6],
    committees: [4, 4, 4, 5, 7],
    saboteurs: 0,
    squatters: 0,
    misled: 0,
    cashed: 100,
  },
  long: {
    ...USUAL,
    about: 'half an hour to two hours of virtual time, many payments: memory must stay flat',
    chances: [20, 80],
    payments: [600, 1_500],
    seconds: [1_800, 7_200],
  },
  dense: {
    ...USUAL,
    about: 'short runs with much of everything: for deliberate bugs',
    chances: [4, 16],
    payments: [80, 160],
    seconds: [12, 30],
    traitors: 85,
    thieves: 85,
    saboteurs: 0,
    squatters: 0,
  },
  broken: {
    ...USUAL,
    about: 'f + 1 traitors together: the promise must break, and the checkers must see it',
    chances: [0, 2],
    weather: [0, 0, 0],
    traitors: 100,
    thieves: 100,
    saboteurs: 0,
    squatters: 0,
    misled: 0,
    isBroken: true,
  },
};

function only(...kinds: readonly FaultKind[]): Partial<Record<FaultKind, number>> {
  return Object.fromEntries(kinds.map((kind) => [kind, EVERYTHING[kind]]));
}
