/** `meshpay wallet request`: a text and a QR code that say whom to pay, where and how much. */
import { writeNewFile } from '../../../platform/file-writer.ts';
import { formatAddress } from '../../shell/net/address.ts';
import { MAX_REQUEST_PEERS, writePaymentUri } from '../../wallet/payment-uri.ts';
import { memoText } from '../../wallet/receipt.ts';
import { readAsked } from '../../wallet/request.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { show } from '../output.ts';
import { qrPicture, renderQr } from '../render/qr.ts';
import { renderFields } from '../render/table.ts';
import { readPeers, WALLET_OPTION, walletOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';

export const walletRequest: CommandSpec = {
  path: ['wallet', 'request'],
  alsoCalled: ['invoice', 'qr'],
  summary: 'ask to be paid: a text and a QR code',
  description: [
    'Makes a request that names the network, your address, the amount and what it is for. Whoever gets ' +
      'it, by a camera or a message, pays it with "meshpay wallet pay REQUEST". Without an amount the ' +
      'payer says how much. A request is no promise and never ends; nothing is sent to anybody.',
  ],
  positionals: [
    { name: 'amount', summary: 'how much, such as 12.50; the payer says if left out' },
    { name: 'token', summary: 'of which token; needed with an amount' },
  ],
  options: [
    {
      name: 'memo',
      kind: 'text',
      value: 'TEXT',
      summary: 'what it is for, in at most 64 bytes; whoever sees the request reads it',
    },
    {
      name: 'peer',
      kind: 'list',
      value: 'HOST:PORT',
      summary: "a node for a payer that knows none; the wallet's own if left out",
    },
    {
      name: 'svg',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      summary: 'write the QR code as a picture to this file, which must not be there yet',
    },
    { name: 'no-qr', kind: 'flag', summary: 'print the text alone' },
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [
    { about: 'for bread', line: 'meshpay wallet request 12.50 HRS --memo bread' },
    { about: 'a poster for the counter', line: 'meshpay wallet request --svg counter.svg' },
  ],
  run: async (args, context) => {
    const wallet = walletOf(args, context.environment);
    const words = {
      amount: args.optionalWord('amount'),
      token: args.optionalWord('token'),
      memo: args.text('memo') ?? '',
    };
    const { amount, token, memo } = orFail(readAsked(words, wallet));
    const named = args.list('peer').length === 0 ? wallet.config.peers : readPeers(args);
    const peers = named.slice(0, MAX_REQUEST_PEERS);
    const { network } = wallet;
    const recipient = wallet.signer.publicKey;
    const uri = writePaymentUri({ recipient, network: network.id, amount, token, memo, peers });
    const svg = args.text('svg') ?? null;
    if (svg !== null) writeNewFile(svg, qrPicture(uri), 0o644);
    const json = { uri, network: network.genesis.name, amount: amount ?? null, svg };
    if (args.flag('no-qr') && !args.flag('json')) return context.terminal.print(uri);
    show(args, context, json, (paint) => {
      const fields: (readonly [string, string])[] = [
        ['request', uri],
        ['network', network.genesis.name],
        ['amount', amount === undefined ? 'as the payer says' : paint.strong(`${amount} ${token}`)],
      ];
      if (memo !== '') fields.push(['memo', memoText(memo)]);
      if (peers.length > 0) fields.push(['nodes', peers.map(formatAddress).join(', ')]);
      if (svg !== null) fields.push(['picture', svg]);
      return `${renderQr(paint, uri)}\n\n${renderFields(paint, fields)}`;
    });
  },
};
