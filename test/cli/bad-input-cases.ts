/**
 * The table of bad-input.test.ts: a command line, how it ends, and what its first line says. The
 * rows about wallets are in bad-input-wallet-cases.ts.
 */
import { nameOf } from '../../agent/core/base/names.ts';
import type { ExitName } from '../../agent/shell/exit-codes.ts';
import { signerOf } from './support.ts';

const BOB = nameOf('account', signerOf(12).publicKey);
const NODE = nameOf('node', signerOf(1).publicKey);

export interface Case {
  readonly line: string;
  readonly exit: ExitName;
  /** The error's line, after "meshpay: ". */
  readonly says: RegExp;
}

const CREATE = 'network create new --token HRS:2';

export const CASES: readonly Case[] = [
  {
    line: 'nonsense',
    exit: 'usage',
    says: /^bad_usage: command after "meshpay": expected lab, .*found "nonsense"$/,
  },
  { line: 'statsu', exit: 'usage', says: /expected status, perhaps, found "statsu"$/ },
  { line: 'pay', exit: 'usage', says: /expected wallet pay, perhaps, found "pay"$/ },
  { line: 'PAY', exit: 'usage', says: /expected wallet pay, perhaps, found "PAY"$/ },
  { line: 'send', exit: 'usage', says: /expected wallet pay, perhaps, found "send"$/ },
  { line: 'wallet send', exit: 'usage', says: /expected pay, perhaps, found "send"$/ },
  { line: 'wallet recieve', exit: 'usage', says: /expected address, perhaps, found "recieve"$/ },
  { line: 'wallet probe', exit: 'usage', says: /"meshpay wallet": expected new, .*found "probe"$/ },
  { line: 'probe', exit: 'usage', says: /expected radio probe, perhaps, found "probe"$/ },
  { line: 'help no_qorum', exit: 'usage', says: /^bad_usage: code: expected no_quorum, perhaps/ },
  {
    line: 'wallet',
    exit: 'usage',
    says: /command after "meshpay wallet": expected new, .*found nothing$/,
  },
  {
    line: 'wallet nothing-like-it',
    exit: 'usage',
    says: /^bad_usage: command after "meshpay wallet": expected new, /,
  },
  {
    line: 'version --verbose',
    exit: 'usage',
    says: /^bad_usage: --verbose: expected an option of "version", found --verbose$/,
  },
  {
    line: 'version extra',
    exit: 'usage',
    says: /^bad_usage: arguments: expected no arguments, found "extra"$/,
  },
  {
    line: 'completion',
    exit: 'usage',
    says: /^bad_usage: shell: expected bash or zsh or fish, found nothing$/,
  },
  {
    line: 'completion tcsh',
    exit: 'usage',
    says: /^bad_usage: shell: expected bash, zsh or fish, found "tcsh"$/,
  },
  { line: 'help nothing', exit: 'usage', says: /found "nothing"$/ },
  {
    line: 'man 7',
    exit: 'usage',
    says: /^bad_usage: arguments: expected no arguments, found "7"$/,
  },

  { line: 'cashier', exit: 'usage', says: /expected pending, .*found nothing$/ },
  { line: 'cashier pending 7', exit: 'usage', says: /expected no arguments, found "7"$/ },
  { line: 'cashier paid', exit: 'usage', says: /payout: expected the number of a payout/ },
  { line: 'cashier refuse 1 2', exit: 'usage', says: /^bad_usage: arguments: .*found "2"$/ },
  { line: 'cashier slip', exit: 'usage', says: /payout: expected the number of a payout/ },
  { line: 'cashier deposit mp1x 5', exit: 'usage', says: /token: expected a token, .*nothing$/ },
  {
    line: 'cashier book --socket nowhere.sock',
    exit: 'unavailable',
    says: /^no_daemon: /,
  },

  {
    line: 'network create',
    exit: 'usage',
    says: /^bad_usage: folder: expected a folder to make, found nothing$/,
  },
  {
    line: 'network create new',
    exit: 'usage',
    says: /^bad_usage: --token: expected at least one token, such as HRS:2, found none$/,
  },
  {
    line: 'network create new --token hrs:2',
    exit: 'usage',
    says: /^bad_usage: --token: expected SYMBOL:DECIMALS .*found "hrs:2"$/,
  },
  {
    line: 'network create new --token HRS:31',
    exit: 'usage',
    says: /decimals 0 to 30, found "HRS:31"$/,
  },
  {
    line: 'network create new --token',
    exit: 'usage',
    says: /^bad_usage: --token: expected SYMBOL:DECIMALS, found nothing$/,
  },
  {
    line: `${CREATE} --token HRS:3`,
    exit: 'usage',
    says: /^bad_usage: tokens\[1\]\.symbol: expected a symbol of its own, found "HRS" again$/,
  },
  {
    line: `${CREATE} --authorities 0`,
    exit: 'usage',
    says: /^bad_usage: --authorities: expected a number from 1 to 64, .*found 0$/,
  },
  {
    line: `${CREATE} --authorities Oak`,
    exit: 'usage',
    says: /^bad_usage: --authorities: .*found "Oak"$/,
  },
  {
    line: `${CREATE} --authorities oak,oak`,
    exit: 'usage',
    says: /^bad_usage: node names: expected a name of its own for each, found "oak" twice$/,
  },
  { line: `${CREATE} --relays many,`, exit: 'usage', says: /^bad_usage: --relays: .*found ""$/ },
  {
    line: `${CREATE} --name Village`,
    exit: 'usage',
    says: /^bad_usage: name: expected 1 to 32 small letters.*found "Village"$/,
  },
  {
    line: `${CREATE} --name a --name b`,
    exit: 'usage',
    says: /^bad_usage: --name: expected to be given once, found 2 times$/,
  },
  {
    line: `${CREATE} --issue ${BOB}`,
    exit: 'usage',
    says: /^bad_usage: --issue: expected ADDRESS=TOKEN:AMOUNT/,
  },
  {
    line: `${CREATE} --issue ${BOB.slice(0, -1)}x=HRS:1`,
    exit: 'usage',
    says: /^bad_name: --issue address: .*checksum does not fit$/,
  },
  {
    line: `${CREATE} --issue ${NODE}=HRS:1`,
    exit: 'usage',
    says: /^bad_name: --issue address: .*a node name$/,
  },
  {
    line: `${CREATE} --issue ${BOB}=EUR:1`,
    exit: 'usage',
    says: /^unknown_token: --issue token: expected HRS, the tokens of --token, found "EUR"$/,
  },
  {
    line: `${CREATE} --issue ${BOB}=HRS:1.234`,
    exit: 'usage',
    says: /^too_many_decimals: --issue amount: expected at most 2 decimals, found 1\.234$/,
  },
  {
    line: `${CREATE} --issue ${BOB}=HRS:1e3`,
    exit: 'usage',
    says: /^bad_amount: --issue amount: .*found 1e3$/,
  },
  {
    line: `${CREATE} --issue ${BOB}=HRS:0`,
    exit: 'usage',
    says: /^bad_usage: issuance\[0\]\.amount: expected above zero, found 0$/,
  },
  {
    line: `${CREATE} --opens HRS`,
    exit: 'usage',
    says: /^bad_usage: --opens: expected TOKEN:AMOUNT such as HRS:1\.00, found "HRS"$/,
  },
  {
    line: `${CREATE} --opens EUR:1`,
    exit: 'usage',
    says: /^unknown_token: --opens token: expected HRS, the tokens of --token, found "EUR"$/,
  },
  {
    line: `${CREATE} --opens HRS:0.001`,
    exit: 'usage',
    says: /^too_many_decimals: --opens amount: expected at most 2 decimals, found 0\.001$/,
  },
  {
    line: `${CREATE} --opens HRS:0`,
    exit: 'usage',
    says: /^bad_usage: tokens\[0\]\.opens: expected above zero, found 0$/,
  },
  {
    line: `${CREATE} --votes-per-hour 3600001`,
    exit: 'usage',
    says: /^bad_usage: --votes-per-hour: expected a number from 1 to 3600000, or 0 for no limit, found "3600001"$/,
  },
  {
    line: `${CREATE} --votes-per-hour often`,
    exit: 'usage',
    says: /^bad_usage: --votes-per-hour: .*found "often"$/,
  },
  {
    line: `${CREATE} --loopback 65535`,
    exit: 'usage',
    says: /^bad_usage: --loopback: expected a port from 1 to 65532, found "65535"$/,
  },
  {
    line: `${CREATE} --loopback 7420 --interface mesh0`,
    exit: 'usage',
    says: /^bad_usage: --interface: expected one of --loopback and --interface, found both$/,
  },
  {
    line: `${CREATE} --interface not/one`,
    exit: 'config',
    says: /^bad_config: .*discovery\.interfaces\[0\]: expected the name of a network interface, 1 to 15 characters, found "not\/one"$/,
  },
  {
    line: 'network create full --token HRS:2',
    exit: 'cannot_create',
    says: /^file_exists: .*full: expected nothing there yet, found a folder with something in it$/,
  },
  {
    line: 'network create genesis.json --token HRS:2',
    exit: 'cannot_create',
    says: /^file_exists: .*genesis\.json: expected nothing there yet, found a file$/,
  },

  { line: 'network show', exit: 'usage', says: /^bad_usage: genesis: expected a genesis document/ },
  {
    line: 'network show nowhere',
    exit: 'no_input',
    says: /^file_missing: nowhere: expected a file or folder, found nothing$/,
  },
  {
    line: `status --socket /${'s'.repeat(107)}`,
    exit: 'usage',
    says: /^bad_usage: --socket: expected a path of at most 107 bytes, found 108 bytes$/,
  },
  {
    line: `status --socket /${'s'.repeat(106)}`,
    exit: 'unavailable',
    says: /^no_daemon: socket \/s+: /,
  },
  {
    line: 'network show pipe',
    exit: 'bad_data',
    says: /^bad_file: pipe: expected a file, found a pipe$/,
  },
  {
    line: 'network show zeros',
    exit: 'bad_data',
    says: /^bad_file: zeros: expected a file, found a device$/,
  },
  {
    line: 'restore pipe --config yew.toml',
    exit: 'bad_data',
    says: /^bad_backup: .*pipe: it is no file$/,
  },
  {
    line: 'restore zeros --config box.toml',
    exit: 'bad_data',
    says: /^bad_backup: .*zeros: it is no file$/,
  },
  {
    line: 'move request --config pipe',
    exit: 'config',
    says: /^bad_config: pipe: file: expected a file, found a pipe$/,
  },
  { line: 'network show text', exit: 'bad_data', says: /^bad_file: text: expected JSON, found / },
  {
    line: 'network show broken.json',
    exit: 'bad_data',
    says: /^bad_genesis: broken\.json: genesis\.epoch: expected only version, /,
  },

  {
    line: 'status',
    exit: 'unavailable',
    says: /^no_daemon: socket .*: expected a running meshpayd, found ENOENT$/,
  },
  { line: 'status --socket nowhere', exit: 'unavailable', says: /^no_daemon: socket nowhere: / },
  { line: 'peers --socket text', exit: 'unavailable', says: /^no_daemon: socket text: / },
  {
    line: 'committee status --socket text',
    exit: 'unavailable',
    says: /^no_daemon: socket text: /,
  },
  {
    line: 'committee propose --add fir',
    exit: 'usage',
    says: /^bad_usage: --add: expected NAME=NODE, found "fir"$/,
  },
  {
    line: 'committee propose --replace fir=oak=elm',
    exit: 'usage',
    says: /^bad_usage: --replace: expected NAME=NODE, found "fir=oak=elm"$/,
  },
  {
    line: 'committee approve',
    exit: 'usage',
    says: /^bad_usage: committee: expected the name of a committee, .*found nothing$/,
  },
  {
    line: 'committee --config nowhere',
    exit: 'config',
    says: /^bad_config: nowhere: file: expected a file that can be read, found ENOENT$/,
  },
  {
    line: 'account',
    exit: 'usage',
    says: /^bad_usage: address: expected an account name, mp1\.\.\., found nothing$/,
  },
  {
    line: `account ${NODE}`,
    exit: 'usage',
    says: /^bad_name: address: expected an account name, .*a node name$/,
  },
  {
    line: 'account mp1x',
    exit: 'usage',
    says: /^bad_name: address: .*found "mp1x", whose checksum does not fit$/,
  },
  {
    line: 'events --kind vote',
    exit: 'usage',
    says: /^bad_usage: --kind: expected voted, perhaps, found "vote"$/,
  },
  {
    line: 'log level loud',
    exit: 'usage',
    says: /^bad_usage: level: expected trace, .*found "loud"$/,
  },
  {
    line: 'doctor --socket',
    exit: 'usage',
    says: /^bad_usage: --socket: expected SOCKET, found nothing$/,
  },
  {
    line: 'backup',
    exit: 'usage',
    says: /^bad_usage: file: expected a file to write, found nothing$/,
  },

  {
    line: 'restore nowhere --config nowhere',
    exit: 'config',
    says: /^bad_config: nowhere: file: /,
  },
  {
    line: 'restore nowhere --config elm.toml',
    exit: 'no_input',
    says: /^file_missing: nowhere: /,
  },
  { line: 'restore text --config ash.toml', exit: 'bad_data', says: /^bad_backup: / },
  {
    line: 'move out mpmove1x file --config oak.toml',
    exit: 'no_input',
    says: /^key_file_missing: /,
  },
  { line: 'move in text --config fir.toml', exit: 'failure', says: /^move_not_requested: / },
  {
    line: 'move request --config bad.toml',
    exit: 'config',
    says: /^bad_config: .*bad\.toml: role: expected "authority" or "relay", found "boss"$/,
  },

  {
    line: 'lab --authorities none',
    exit: 'usage',
    says: /^bad_usage: --authorities: expected a whole number from 1 to 31, found "none"$/,
  },
  {
    line: 'lab --demo --authorities 3',
    exit: 'usage',
    says: /^bad_usage: --demo: expected at least 4 authorities and 2 wallets, found 3 and 2$/,
  },
  {
    line: 'lab --radios 13',
    exit: 'usage',
    says: /^bad_usage: --radios: expected a whole number from 1 to 12, found "13"$/,
  },
  {
    line: 'lab --radios 4 --demo',
    exit: 'usage',
    says: /^bad_usage: --radios: expected no option beside it but --topology, found --demo$/,
  },
  {
    line: 'lab --radios 4 --topology tree',
    exit: 'usage',
    says: /^bad_usage: --topology: expected one of line, ring, star, full, found "tree"$/,
  },
  {
    line: 'lab --topology ring',
    exit: 'usage',
    says: /^bad_usage: --topology: expected --radios beside it$/,
  },

  { line: 'reach --socket nowhere', exit: 'unavailable', says: /^no_daemon: socket nowhere: / },
  {
    line: 'radio probe extra',
    exit: 'usage',
    says: /^bad_usage: arguments: expected no arguments, found "extra"$/,
  },
  {
    line: 'radio plan --config oak.toml',
    exit: 'config',
    says: /^radio_settings: radio\.body: .*found "none"$/,
  },
  {
    line: 'radio up --config oak.toml',
    exit: 'config',
    says: /^radio_settings: radio\.body: .*found "none"$/,
  },
  { line: 'radio down --config nowhere', exit: 'config', says: /^bad_config: nowhere: file: / },
  { line: 'radio status --config nowhere', exit: 'config', says: /^bad_config: nowhere: file: / },
  { line: 'radio peers --config nowhere', exit: 'config', says: /^bad_config: nowhere: file: / },
  { line: 'radio paths --config nowhere', exit: 'config', says: /^bad_config: nowhere: file: / },
  { line: 'radio watch --config nowhere', exit: 'config', says: /^bad_config: nowhere: file: / },
];
