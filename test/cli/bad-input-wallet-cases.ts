/** The rows of bad-input.test.ts about wallets. */
import { nameOf } from '../../agent/core/base/names.ts';
import type { Case } from './bad-input-cases.ts';
import { signerOf } from './support.ts';

const ALICE = nameOf('account', signerOf(11).publicKey);
const BOB = nameOf('account', signerOf(12).publicKey);
const NODE = nameOf('node', signerOf(1).publicKey);
const PAY = 'wallet pay --wallet alice';
const WITHDRAW = 'wallet withdraw --wallet alice --ledger cashbook';

export const WALLET_CASES: readonly Case[] = [
  {
    line: 'wallet new --wallet alice',
    exit: 'cannot_create',
    says: /^file_exists: .*alice: expected nothing there yet/,
  },
  {
    line: 'wallet new --wallet w --peer 127.0.0.1:1',
    exit: 'usage',
    says: /^bad_usage: --peer: expected --genesis with it/,
  },
  {
    line: 'wallet new --wallet w --genesis genesis.json --peer 010.0.0.1:7420',
    exit: 'usage',
    says: /^bad_usage: --peer: .*found "010\.0\.0\.1:7420", with no IPv4 address of four numbers/,
  },
  {
    line: 'wallet join genesis.json --wallet bob --peer [fe80::1]:7420',
    exit: 'usage',
    says: /^bad_usage: --peer: .*, a link-local address without its interface/,
  },
  {
    line: 'wallet new --wallet w --genesis genesis.json --peer 127.0.0.1',
    exit: 'usage',
    says: /^bad_usage: --peer: .*found "127\.0\.0\.1"$/,
  },
  {
    line: 'wallet new --wallet w --genesis text',
    exit: 'bad_data',
    says: /^bad_file: text: expected JSON/,
  },
  {
    line: 'wallet join genesis.json --wallet nowhere',
    exit: 'no_input',
    says: /^file_missing: nowhere: expected a wallet, found nothing$/,
  },
  {
    line: 'wallet join town.json --wallet alice',
    exit: 'cannot_create',
    says: /^file_exists: .*expected the network town, found another network$/,
  },
  {
    line: 'wallet words --wallet nowhere',
    exit: 'no_input',
    says: /^file_missing: nowhere: expected a wallet, found nothing$/,
  },
  {
    line: 'wallet backup kept --wallet alice',
    exit: 'usage',
    says: /^bad_usage: passphrase: expected --passphrase-file FILE, or --plain for none/,
  },
  {
    line: 'wallet restore --wallet w --from text',
    exit: 'usage',
    says: /^bad_name: words: expected 24 of them, found 2$/,
  },
  {
    line: 'wallet request 5 --wallet alice',
    exit: 'usage',
    says: /^unknown_token: token: expected a token such as HRS, with an amount, found nothing$/,
  },
  {
    line: 'wallet request 5 ZZZ --wallet alice',
    exit: 'usage',
    says: /^unknown_token: /,
  },
  {
    line: 'wallet request 5.001 HRS --wallet alice',
    exit: 'usage',
    says: /^too_many_decimals: /,
  },
  {
    line: 'wallet request 0 HRS --wallet alice',
    exit: 'usage',
    says: /^amount_zero: /,
  },
  {
    line: `wallet request 1 HRS --memo ${'m'.repeat(65)} --wallet alice`,
    exit: 'usage',
    says: /^memo_too_long: --memo: expected at most 64 bytes, found 65 bytes$/,
  },
  {
    line: 'wallet request 1 HRS --wallet alice --svg full',
    exit: 'cannot_create',
    says: /^file_exists: .*full: expected nothing there yet/,
  },
  {
    line: 'wallet request --wallet homeless',
    exit: 'config',
    says: /^no_network: /,
  },
  {
    line: `wallet name mp1x ${BOB} --wallet alice`,
    exit: 'usage',
    says: /^bad_name: name: expected a name of letters, .*found "mp1x"$/,
  },
  {
    line: 'wallet name bob --wallet alice',
    exit: 'usage',
    says: /^bad_usage: address: expected an address, mp1\.\.\., found nothing$/,
  },
  {
    line: `wallet name bob ${BOB} --forget --wallet alice`,
    exit: 'usage',
    says: /^bad_usage: address: expected none with --forget, found "?mp1/,
  },
  {
    line: 'wallet name bob --forget --wallet alice',
    exit: 'usage',
    says: /^bad_name: recipient: expected an address, mp1\.\.\., or the name of a contact, found "bob"$/,
  },
  {
    line: 'wallet names --wallet nowhere',
    exit: 'no_input',
    says: /^file_missing: nowhere: expected a wallet, found nothing$/,
  },
  {
    line: 'wallet history --since yesterday --wallet alice --offline',
    exit: 'usage',
    says: /^bad_usage: --since: expected a day such as 2026-01-31, .*found "yesterday"$/,
  },
  {
    line: 'wallet history --until 2026-02-30 --wallet alice --offline',
    exit: 'usage',
    says: /^bad_usage: --until: .*found "2026-02-30"$/,
  },
  {
    line: 'wallet history --from nobody --wallet alice --offline',
    exit: 'usage',
    says: /^bad_name: recipient: .*found "nobody"$/,
  },
  {
    line: `${PAY} meshpay:${BOB}`,
    exit: 'usage',
    says: /^bad_name: network: expected the id of a network, mpnet1\.\.\., found none$/,
  },
  {
    line: `${PAY} meshpay:${BOB}?network=${nameOf('network', new Uint8Array(32))} 1 HRS`,
    exit: 'bad_data',
    says: /^wrong_network: network of the request: expected mpnet1\w+, the wallet's \(village\), found mpnet1/,
  },
  {
    line: 'wallet address',
    exit: 'no_input',
    says: /^file_missing: .*expected a wallet, found nothing$/,
  },
  {
    line: 'wallet balance --wallet full',
    exit: 'no_input',
    says: /^file_missing: full: expected a wallet, found none in it$/,
  },
  {
    line: 'wallet balance --wallet homeless',
    exit: 'config',
    says: /^no_network: homeless: expected a wallet with a network/,
  },
  {
    line: 'wallet history --most 0',
    exit: 'usage',
    says: /^bad_usage: --most: expected a whole number from 1 to 1000000, found "0"$/,
  },

  {
    line: `${WITHDRAW} 1`,
    exit: 'usage',
    says: /^bad_usage: token: expected a token such as HRS, found nothing$/,
  },
  {
    line: `${WITHDRAW} 1 HRS`,
    exit: 'usage',
    says: /^bad_usage: --to: expected whom the ledger is to pay, found nothing$/,
  },
  {
    line: `${WITHDRAW} 0 HRS --to Anna`,
    exit: 'usage',
    says: /^amount_zero: amount: expected at least 0\.01, found 0$/,
  },
  {
    line: `${WITHDRAW} 1.001 HRS --to Anna`,
    exit: 'usage',
    says: /^too_many_decimals: amount/,
  },
  {
    line: `${WITHDRAW} 1 CUP --to Anna`,
    exit: 'usage',
    says: /^token_not_paid_out: token: expected HRS, found CUP$/,
  },
  {
    line: 'wallet withdraw --wallet alice 1 HRS --to Anna --ledger bank',
    exit: 'usage',
    says: /^unknown_ledger: ledger: expected cashbook, found bank$/,
  },
  {
    line: `${WITHDRAW} 1 HRS --to An\u200bna`,
    exit: 'usage',
    says: /^bad_recipient: --to: .*found a zero-width space after An$/,
  },
  {
    line: `${WITHDRAW} 1 HRS --to ${'x'.repeat(129)}`,
    exit: 'usage',
    says: /^bad_recipient: --to: expected 1 to 128 bytes, found 129$/,
  },
  {
    line: `${WITHDRAW} 1 HRS --to Anna --valid-for 0s`,
    exit: 'usage',
    says: /^bad_valid_until: --valid-for: expected a time such as 1h.*, found "0s"$/,
  },
  {
    line: `${WITHDRAW} 1 HRS --to Anna --valid-for 31d`,
    exit: 'usage',
    says: /^bad_valid_until: --valid-for: .*at most 30d, found "31d"$/,
  },
  {
    line: 'wallet withdrawals --wallet nowhere',
    exit: 'no_input',
    says: /^file_missing: nowhere: expected a wallet, found nothing$/,
  },
  {
    line: 'wallet deposit --wallet nowhere',
    exit: 'no_input',
    says: /^file_missing: nowhere: expected a wallet, found nothing$/,
  },
  {
    line: 'wallet withdrawal 3f --wallet alice --offline',
    exit: 'no_input',
    says: /^no_such_payment: order: expected the order id of one withdrawal, or its beginning, found "3f"$/,
  },
  {
    line: `${PAY}`,
    exit: 'usage',
    says: /^bad_usage: recipient: expected an account name, mp1\.\.\., found nothing$/,
  },
  {
    line: `${PAY} ${BOB} 1`,
    exit: 'usage',
    says: /^bad_usage: token: expected a token such as HRS, found nothing$/,
  },
  { line: `${PAY} ${BOB.slice(0, 20)} 1 HRS`, exit: 'usage', says: /^bad_name: recipient: / },
  { line: `${PAY} ${NODE} 1 HRS`, exit: 'usage', says: /^bad_name: recipient: .*a node name$/ },
  {
    line: `${PAY} ${ALICE} 1 HRS`,
    exit: 'usage',
    says: /^pays_itself: recipient: expected another account, found the wallet's own$/,
  },
  {
    line: `${PAY} ${BOB} 1 EUR`,
    exit: 'usage',
    says: /^unknown_token: token: expected HRS or CUP, found EUR$/,
  },
  { line: `${PAY} ${BOB} 1 hrs`, exit: 'usage', says: /^unknown_token: token: .*found hrs$/ },
  {
    line: `${PAY} ${BOB} 0 HRS`,
    exit: 'usage',
    says: /^amount_zero: amount: expected at least 0\.01, found 0$/,
  },
  {
    line: `${PAY} ${BOB} 0.001 HRS`,
    exit: 'usage',
    says: /^too_many_decimals: amount: expected at most 2 decimals, found 0\.001$/,
  },
  {
    line: `${PAY} ${BOB} 1.0 CUP`,
    exit: 'usage',
    says: /^too_many_decimals: amount: expected no decimals, found 1\.0$/,
  },
  { line: `${PAY} ${BOB} 1,5 HRS`, exit: 'usage', says: /^bad_amount: amount: .*found 1,5$/ },
  { line: `${PAY} ${BOB} 007 HRS`, exit: 'usage', says: /^bad_amount: amount: .*found 007$/ },
  { line: `${PAY} ${BOB} 0x10 HRS`, exit: 'usage', says: /^bad_amount: amount: .*found 0x10$/ },
  { line: `${PAY} ${BOB} -- -5 HRS`, exit: 'usage', says: /^bad_amount: amount: .*found -5$/ },
  {
    line: `${PAY} ${BOB} -5 HRS`,
    exit: 'usage',
    says: /^bad_usage: arguments: expected no negative number, found "-5"$/,
  },
  {
    line: `${PAY} ${BOB} ${2n ** 128n} HRS`,
    exit: 'usage',
    says: /^bad_amount: amount: expected an amount below 2\^128 smallest units/,
  },
  {
    line: `${PAY} ${BOB} 1 HRS more`,
    exit: 'usage',
    says: /^bad_usage: arguments: expected no more arguments, found "more"$/,
  },
  {
    line: `${PAY} ${BOB} 1 HRS --memo ${'x'.repeat(65)}`,
    exit: 'usage',
    says: /^memo_too_long: --memo: expected at most 64 bytes, found 65 bytes$/,
  },
  {
    line: `${PAY} ${BOB} 1 HRS --timeout soon`,
    exit: 'usage',
    says: /^bad_usage: --timeout: expected a whole number from 1 to 604800, found "soon"$/,
  },
  {
    line: `${PAY} ${BOB} 1 HRS --receipt genesis.json`,
    exit: 'cannot_create',
    says: /^file_exists: --receipt: expected a file that is not there yet, found genesis\.json$/,
  },
  {
    line: `${PAY} ${BOB} 1 HRS --receipt nowhere/file`,
    exit: 'no_input',
    says: /^file_missing: .*nowhere: /,
  },
  {
    line: `${PAY} ${BOB} 1 HRS`,
    exit: 'config',
    says: /^no_peers: .*wallet\.toml: expected at least one node to connect to, found none$/,
  },
  {
    line: `wallet pay ${BOB} 1 HRS --wallet strange`,
    exit: 'config',
    says: /^bad_config: .*wallet\.toml: peer: expected peers, transport or allow_volatile, found another field$/,
  },
  {
    line: `wallet pay ${BOB} 1 HRS --wallet exposed`,
    exit: 'no_permission',
    says: /^key_file_exposed: .*mode 0644/,
  },
  {
    line: 'wallet resume --timeout -1',
    exit: 'usage',
    says: /^bad_usage: --timeout: expected a whole number from 1 to 604800, found "-1"$/,
  },
  {
    line: 'wallet cancel --timeout 0',
    exit: 'usage',
    says: /^bad_usage: --timeout: expected a whole number from 1 to 604800, found "0"$/,
  },
  {
    line: 'wallet unlock now',
    exit: 'usage',
    says: /^bad_usage: /,
  },
  {
    line: 'wallet receipt --wallet bob',
    exit: 'no_input',
    says: /^no_such_payment: order: expected a payment, found none yet$/,
  },
  {
    line: 'wallet receipt abc --wallet carol',
    exit: 'no_input',
    says: /^no_such_payment: order: expected an order id of "wallet history", found "abc"$/,
  },
  {
    line: 'wallet verify',
    exit: 'usage',
    says: /^bad_usage: file: expected a receipt, found nothing$/,
  },
  {
    line: 'wallet verify nowhere --genesis genesis.json',
    exit: 'no_input',
    says: /^file_missing: nowhere: /,
  },
  {
    line: 'wallet verify pipe --genesis genesis.json',
    exit: 'bad_data',
    says: /^bad_file: pipe: expected a file, found a pipe$/,
  },
  {
    line: 'wallet verify receipt --genesis zeros',
    exit: 'bad_data',
    says: /^bad_file: zeros: expected a file, found a device$/,
  },
  {
    line: 'wallet import zeros --wallet alice',
    exit: 'bad_data',
    says: /^bad_file: zeros: expected a file, found a device$/,
  },
  {
    line: 'wallet join pipe --wallet homeless',
    exit: 'bad_data',
    says: /^bad_file: pipe: expected a file, found a pipe$/,
  },
  {
    line: 'wallet address --wallet piped',
    exit: 'bad_data',
    says: /^key_file_malformed: piped\/wallet\.key \(a pipe, not a file\): /,
  },
  {
    line: 'wallet balance --wallet deaf',
    exit: 'bad_data',
    says: /^bad_file: deaf\/genesis\.json: expected a file, found a device$/,
  },
  {
    line: 'wallet verify text --genesis genesis.json',
    exit: 'bad_data',
    says: /^bad_receipt: line 1: expected "MeshPay receipt, version 1", found "no receipt"$/,
  },
  {
    line: 'wallet verify tampered --genesis genesis.json',
    exit: 'bad_data',
    says: /^bad_receipt: line 6: expected "amount {6}12\.50 HRS", as the certificate says, found "amount {6}92\.50 HRS"$/,
  },
  {
    line: 'wallet verify receipt --genesis town.json',
    exit: 'bad_data',
    says: /^wrong_network: network id: /,
  },
  {
    line: 'wallet import few-votes --wallet alice',
    exit: 'bad_data',
    says: /^no_quorum: certificate: expected 3 votes, found 2$/,
  },
];
