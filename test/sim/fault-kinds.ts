/** The kinds of faults that a simulated run may have, and whom each strikes. */

/** Whom each kind of fault strikes, among all who were drawn for the run. */
export const FAULT_KINDS = {
  crash: 'anyone',
  crash_in_commit: 'keeper',
  power_cut: 'nobody',
  full_disk: 'keeper',
  slow_disk: 'keeper',
  restore: 'authority',
  bit_rot: 'authority',
  forget: 'wallet',
  old_copy: 'wallet',
  slow: 'anyone',
  cut: 'pair',
  one_way: 'pair',
  only_hears: 'anyone',
  island: 'some',
  radio_off: 'anyone',
  clog: 'pair',
  flap: 'pair',
  storm: 'nobody',
  wall_jump: 'anyone',
  spurious: 'anyone',
  fade: 'radios',
  pause: 'anyone',
  torn: 'authority',
  crowd: 'authority',
  wallet_rot: 'wallet',
  absent: 'authority',
  ledger_away: 'nobody',
  reorganised: 'nobody',
} as const satisfies Readonly<Record<string, Victims>>;

export type FaultKind = keyof typeof FAULT_KINDS;

/**
 * `keeper`: an honest node whose disk matters, authority or wallet. `pair`: two that look for each
 * other, in either order. `radios`: two that hear each other. `some`: about half of all.
 */
export type Victims =
  | 'nobody'
  | 'anyone'
  | 'keeper'
  | 'authority'
  | 'wallet'
  | 'pair'
  | 'radios'
  | 'some';
