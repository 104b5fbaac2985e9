/**
 * What a person can do about each error code, for `meshpay help CODE`. One row for every code there
 * is: a code without one does not compile.
 */
import type { RefusalCode } from '../core/base/refusal.ts';
import type { KeyFault } from '../shell/keys.ts';
import type { StoreErrorCode } from '../shell/store/store-error.ts';
import type { ProblemCode } from './failure.ts';

/** Every code that an error of `meshpay` or of the daemon can begin with. */
export type ErrorCode = RefusalCode | StoreErrorCode | KeyFault['code'] | ProblemCode;

const LATER = 'Wait a moment and try again; nothing was lost.';
const UPDATE = 'Use the same version of MeshPay everywhere, and report it if it happens again.';
const FREE_SPACE = 'Make room on the disk, or name a folder on another one, and try again.';
const LOOK_AT_LOG = 'Look at the log of the daemon (journalctl -u meshpayd, or logread).';
const COPY_AGAIN = 'Copy the file again from where it came from, whole and unchanged.';
const PRIVATE_KEY = 'Only its owner may read a key: chmod 600 FILE.';

export const REMEDIES = {
  account_frozen:
    'Its owner signed two payments with one number, or lost the key to somebody who did. Whoever ' +
    'holds the two certificates shows them to the operators; the account cannot pay.',
  amount_zero: 'Give an amount of at least the smallest unit of the token.',
  backup_failed: 'Look at what stands after the code: a full disk, or a folder that is not there.',
  bad_amount: 'Write a decimal number without signs or spaces, such as 12.50.',
  bad_backup: 'Use another backup; this file is damaged or is none.',
  bad_committee: 'Look at what stands after the code, mend the proposed committee, propose again.',
  bad_config:
    'Mend the named field; "meshpayd --check-config --config FILE" tells if more is wrong.',
  bad_file: COPY_AGAIN,
  bad_genesis: COPY_AGAIN,
  bad_move_code: 'Type the code of "meshpay move request" again, or paste it.',
  bad_name: 'Paste the address again: each has a checksum, so a wrong letter shows.',
  bad_params: UPDATE,
  bad_receipt: 'Do not hand over anything for it. Ask for the receipt again, as it was written.',
  bad_recipient: 'Look at "meshpay wallet deposit" for what the ledger pays out to.',
  bad_request: UPDATE,
  bad_signature: 'Ask for it again from whoever signed it; this copy was changed on its way.',
  bad_usage: 'The same command with --help shows how it is used.',
  bad_valid_until: 'Choose another --valid-for, and look at the clock of this machine.',
  below_opening: 'Pay the recipient at least what opens an account: "meshpay network show" tells.',
  checks_failed: 'Follow the "Mend:" lines of "meshpay doctor", then run it again.',
  commit_failed:
    'Look at the disk (dmesg); the node keeps its promises and stops voting till then.',
  connection_lost: `The daemon ended or was restarted: run it again. ${LOOK_AT_LOG}`,
  contradicted: 'Nothing: the other one is certified. "meshpay wallet history" shows what holds.',
  data_in_use:
    'End the other process, or wait until it has ended. Never copy the folder meanwhile.',
  disk_full: FREE_SPACE,
  epoch_ending: LATER,
  epoch_over: 'Refresh with "meshpay wallet balance"; if the payment is not there, pay again.',
  file_exists: 'Name another file, or move the one that is there away.',
  file_failed: 'Look at what stands after the code: the disk is full, read-only or broken.',
  file_forbidden: 'Change the rights of the file, or run the command as the user who has them.',
  file_missing: 'Look at the name for a typing mistake, and at the folder that you are in.',
  insufficient_balance: '"meshpay wallet balance" shows what can be spent.',
  internal: `Please report it, with what you did. ${LOOK_AT_LOG}`,
  interrupted: 'Run the command again. An order that was signed goes on: "meshpay wallet resume".',
  key_file_exists: 'Name another folder; a key is never overwritten.',
  key_file_exposed: `${PRIVATE_KEY} If a stranger may have read it, move the money to a new wallet.`,
  key_file_malformed: COPY_AGAIN,
  key_file_missing: 'Look at the name; "meshpay wallet new" makes a wallet.',
  key_file_unusable: 'Look at the rights of the file and of its folder, and at the disk.',
  lab_failed: 'Look at the logs that it names; another run of the same command starts anew.',
  malformed: COPY_AGAIN,
  memo_too_long: 'Shorten the memo; letters other than a to z may take several bytes.',
  missing_earlier:
    'Wait until the authority has caught up, or import the receipt of what came before.',
  move_code_differs: 'Take the file that was made for the code of this place.',
  move_not_requested: '"meshpay move request" at the new place comes first.',
  needs_root: 'Run it as root: sudo meshpay ...',
  no_answer: `The daemon is busy or hangs. ${LOOK_AT_LOG}`,
  no_daemon:
    'Start it with "meshpayd --config FILE", or name its socket with --socket or --config.',
  no_home: 'Name the wallet with --wallet FOLDER, or set HOME.',
  no_ledger: 'Ask at a node whose configuration has this ledger.',
  no_network: '"meshpay wallet join GENESIS --peer HOST:PORT" tells the wallet its network.',
  no_peers: '"meshpay wallet join GENESIS --peer HOST:PORT" tells the wallet whom to connect to.',
  no_permission: 'Join the group that owns the socket, or run the command as root.',
  no_quorum: 'It proves no payment. Ask the payer for the receipt of the certified payment.',
  no_such_payment: '"meshpay wallet history" shows the payments and their numbers.',
  nobody_answers: 'Look at the cable, the mesh and the addresses in wallet.toml; then try again.',
  not_a_wallet: 'Ask with a wallet, not at a relay or an authority.',
  not_an_authority: 'Ask an authority: "meshpay peers" shows which nodes are.',
  not_certified: 'Nothing is lost: "meshpay wallet resume" goes on with the very same order.',
  not_latest: 'Try again when more authorities answer; "meshpay reach" tells what can be reached.',
  not_the_owner: 'Ask with the wallet of the account.',
  not_voting: '"meshpay doctor" at that authority tells why, and what to do.',
  not_wanted: 'Nothing was done. Run it again and answer yes, or give --yes.',
  nothing_to_close: 'Nothing: the account can pay.',
  order_failed: 'Look at "meshpay wallet history"; if it was not you, move the money to a new key.',
  order_in_flight: '"meshpay wallet resume" goes on with it, "meshpay wallet cancel" gives it up.',
  order_kept: '"meshpay wallet cancel" or "unlock" closes that sequence; then pay again.',
  order_pending: '"meshpay wallet resume" goes on with it, "meshpay wallet cancel" gives it up.',
  other_network: 'Use the genesis document of the wallet, or another wallet for that network.',
  out_of_reach: 'Go nearer to the other nodes, or wait; "meshpay reach" shows who is missing.',
  overloaded: LATER,
  oversized: COPY_AGAIN,
  paid_not_written: 'Do not pay again. "meshpay wallet receipt ID -o FILE" writes the receipt.',
  partitioned: LATER,
  payout_closed: '"meshpay cashier book" shows what was done.',
  payout_differs: 'Do not pay. Compare "meshpay cashier book" with the others, then ask for help.',
  pays_itself: 'Give the address of somebody else.',
  radio_failed: '"meshpay radio status" and the log that it names tell what was refused.',
  radio_settings: 'Mend the table [radio]; "meshpay radio probe" shows what the radio can do.',
  radio_silent: 'Start it: systemctl start meshpay-radio, or /etc/init.d/meshpay start.',
  radio_unfit: '"meshpay radio probe" tells why, for each radio of this machine.',
  receipt_used: 'Give each deposit a receipt number of its own; the first one is booked.',
  recipient_no_key: 'Ask the payee for the address again; nobody has the key of this one.',
  request_too_long: UPDATE,
  schema_newer: 'Install at least the version that wrote it; nothing was changed.',
  sequence_closed: 'Nothing went out. "meshpay wallet balance" refreshes; then pay again.',
  sequence_closing: LATER,
  sequence_used: 'Another payment has this number: "meshpay wallet balance" learns of it.',
  starting: LATER,
  stopping: 'Start the daemon again, or wait until the system has.',
  store_absent: 'Look at the folder; a store is made when meshpayd first starts.',
  store_damaged:
    'Do not delete anything. Save the folder, look at the disk; "meshpay restore" brings back the ' +
    'records of a backup, without the vote, and "meshpay committee propose" gives the seat anew.',
  store_empty: 'Start meshpayd once with its configuration.',
  store_exists: 'Nothing is ever overwritten: name a data folder without a store.',
  store_moved: 'Use the new hardware. This store will never vote again, so it may be put away.',
  store_unavailable: 'Look at the rights, the free space and the disk, then start it again.',
  token_not_paid_out: '"meshpay network show" tells which ledger pays out which token.',
  too_many_accounts: 'Pay to an account that is there already.',
  too_many_clients: 'End some of the "meshpay events" that run, then try again.',
  too_many_decimals: '"meshpay network show" tells how many places the token has.',
  too_many_hops: 'Try again; if it stays, a node on the way is gone: "meshpay reach".',
  too_many_votes: 'Wait; it goes on by itself within the hour.',
  too_slow: 'Read faster, or ask for fewer kinds of events with --kind.',
  unknown_epoch: 'Connect to a node that is up to date; the wallet then follows the committee.',
  unknown_ledger: '"meshpay network show" tells the names of the ledgers.',
  unknown_member: '"meshpay committee" shows the members and their names.',
  unknown_method: UPDATE,
  unknown_payout: '"meshpay cashier pending" shows the payouts and their numbers.',
  unknown_token: '"meshpay network show" tells the tokens of the network.',
  unreachable: 'Connect the relay to that authority, or go through another node.',
  volatile_storage: 'Name a folder on a disk; a reboot would lose this one.',
  wrong_network: 'Compare the networks: "meshpay network show" at both ends.',
} as const satisfies Record<ErrorCode, string>;
