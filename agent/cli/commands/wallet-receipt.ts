/** Receipts: `meshpay wallet receipt`, `wallet verify` and `wallet import`. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeNewFile } from '../../../platform/file-writer.ts';
import { equalBytes } from '../../core/base/bytes.ts';
import { foundText, trimmed } from '../../core/base/characters.ts';
import { nameOf } from '../../core/base/names.ts';
import { isRefusal } from '../../core/base/refusal.ts';
import type { Network } from '../../core/network/genesis.ts';
import { asFounded } from '../../core/views.ts';
import { certificateView } from '../../shell/control/money-view.ts';
import { createVerify } from '../../shell/verify.ts';
import { walletMemos } from '../../wallet/folder.ts';
import { GENESIS_FILE } from '../../wallet/genesis-file.ts';
import { type ImportOutcome, importReceipt } from '../../wallet/import.ts';
import { MAX_RECEIPT_CHARACTERS, readReceipt, writeReceipt } from '../../wallet/receipt.ts';
import { openSession } from '../../wallet/session.ts';
import { newestCertificate, paymentsById } from '../../wallet/view.ts';
import { type CommandSpec, JSON_OPTION } from '../command.ts';
import { failure, refusalFailure } from '../failure.ts';
import { readGenesisFile, readTextFile } from '../network/read.ts';
import { show } from '../output.ts';
import { renderVerified } from '../render/wallet.ts';
import { WALLET_OPTION, walletFolderOf, walletOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';
import { OFFLINE_OPTION } from './wallet-views.ts';
import { openShown, WALLET_ENDS_MS } from './with-wallet.ts';

/** UTF-8 takes at most four bytes a character. */
const MAX_RECEIPT_BYTES = 4 * MAX_RECEIPT_CHARACTERS;

export const walletReceipt: CommandSpec = {
  path: ['wallet', 'receipt'],
  summary: 'write the receipt of a payment, made or received',
  description: [
    'A receipt is a small text: what was paid, and the certificate that proves it. Whoever has the ' +
      'genesis document can check it offline, with "meshpay wallet verify".',
  ],
  positionals: [
    {
      name: 'order',
      summary: 'the order id of "wallet history", or its beginning; the newest payment if left out',
    },
  ],
  options: [
    {
      name: 'output',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      summary: 'write to this new file',
    },
    WALLET_OPTION,
  ],
  examples: [
    { about: 'of the newest payment', line: 'meshpay wallet receipt' },
    {
      about: 'of a certain one, to a file',
      line: 'meshpay wallet receipt 3f2a9c --output bread.receipt',
    },
  ],
  run: async (args, { terminal, environment }) => {
    const wallet = walletOf(args, environment);
    const wanted = trimmed(args.optionalWord('order') ?? '').toLowerCase();
    const session = orFail(await openSession(wallet, { offline: true }));
    try {
      const { read, network, account } = session;
      const [payment, other] =
        wanted === ''
          ? newestCertificate(read, network, account)
          : paymentsById(read, network, account, wanted);
      if (payment === undefined) {
        const expected = wanted === '' ? 'a payment' : 'an order id of "wallet history"';
        const shown = wanted === '' ? 'none yet' : foundText(wanted);
        throw failure('no_such_payment', { field: 'order', expected, found: shown });
      }
      if (other !== undefined) {
        const expected = 'the beginning of one order id';
        const shown = `${foundText(wanted)}, the beginning of several`;
        throw failure('no_such_payment', { field: 'order', expected, found: shown });
      }
      const text = writeReceipt(network, payment);
      const file = args.text('output');
      if (file === undefined) return terminal.print(text.trimEnd());
      writeNewFile(file, text, 0o644);
      terminal.print(`${terminal.paint.good('written')} to ${file}`);
    } finally {
      await session.close();
    }
  },
};

export const walletVerify: CommandSpec = {
  path: ['wallet', 'verify'],
  summary: 'check a receipt offline, against the genesis document alone',
  description: [
    'Checks that a receipt proves its payment: the network, the signature of the payer, the votes of ' +
      'a quorum, and that the readable lines are those of the certificate. Nobody is asked. The ' +
      "genesis document is the wallet's own, or that of --genesis; where they are of two networks, only " +
      'with --other-network, since anybody can found a network in which any receipt is valid.',
    'A memo is sealed to payer and payee: with a wallet of one of them it is shown.',
  ],
  positionals: [{ name: 'file', summary: 'the receipt', expected: 'a receipt', completes: 'file' }],
  options: [
    {
      name: 'genesis',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      summary: 'the genesis document, or a folder that has it',
    },
    {
      name: 'other-network',
      kind: 'flag',
      summary: "take a genesis document that is not the wallet's own",
    },
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [
    {
      about: 'without a wallet',
      line: 'meshpay wallet verify bread.receipt --genesis genesis.json',
    },
  ],
  run: async (args, context) => {
    const folder = walletFolderOf(args, context.environment);
    const given = args.text('genesis');
    const network = asFounded(readGenesisFile(given ?? folder));
    if (given !== undefined && !args.flag('other-network')) refuseOther(network, folder);
    const certificate = readReceipt(
      network,
      readTextFile(args.word('file'), MAX_RECEIPT_BYTES),
      createVerify(),
    );
    if (isRefusal(certificate)) throw refusalFailure(certificate);
    const isAsWallet = given === undefined || args.text('wallet') !== undefined;
    const memos = isAsWallet ? orFail(walletMemos(folder, network)) : undefined;
    const view = certificateView(network, certificate, memos?.open);
    const shown = networkShown(network);
    const json = { valid: true, network: shown.name, networkId: shown.id, ...view };
    show(args, context, json, (paint) => renderVerified(paint, view, shown));
  },
};

/** Whoever makes up a genesis document makes up receipts that it proves. */
function refuseOther(network: Network, folder: string): void {
  if (!existsSync(join(folder, GENESIS_FILE))) return;
  const own = readGenesisFile(folder);
  if (equalBytes(own.id, network.id)) return;
  const describe = (which: Network): string => {
    const { name, id } = networkShown(which);
    return `${name}, ${id}`;
  };
  throw failure(
    'other_network',
    {
      field: '--genesis',
      expected: `the network of the wallet ${folder}: ${describe(own)}`,
      found: describe(network),
    },
    '"--other-network" checks against it all the same: that a receipt is valid there says nothing here.',
  );
}

function networkShown({ genesis, id }: Network): { readonly name: string; readonly id: string } {
  return { name: genesis.name, id: nameOf('network', id) };
}

const NEWS: Readonly<Record<ImportOutcome, string>> = {
  taken: 'The wallet has it now.',
  known: 'The wallet had it already.',
  passed_on: 'It does not pay this wallet; it was given to the authorities.',
};

export const walletImport: CommandSpec = {
  path: ['wallet', 'import'],
  endsWithinMs: WALLET_ENDS_MS,
  summary: 'take a receipt into the wallet, and to the authorities',
  description: [
    'Checks a receipt and gives its certificate to this wallet and to every authority that can be ' +
      'reached. So a payee owns the money from the moment of the receipt, even if the payer is gone.',
  ],
  positionals: [{ name: 'file', summary: 'the receipt', expected: 'a receipt', completes: 'file' }],
  options: [WALLET_OPTION, OFFLINE_OPTION, JSON_OPTION],
  examples: [{ about: 'from a stick', line: 'meshpay wallet import /media/stick/bread.receipt' }],
  run: async (args, context) => {
    const { environment, interrupt } = context;
    const wallet = walletOf(args, environment);
    const text = readTextFile(args.word('file'), MAX_RECEIPT_BYTES);
    const offline = args.flag('offline');
    const session = await openShown(wallet, context, { offline });
    try {
      const { network } = session;
      const certificate = readReceipt(network, text, createVerify());
      if (isRefusal(certificate)) throw refusalFailure(certificate);
      const signal = offline ? undefined : interrupt;
      const outcome = orFail(await importReceipt(session, certificate, signal));
      const view = certificateView(network, certificate, wallet.memos.open);
      show(args, context, { outcome, ...view }, (paint) =>
        [renderVerified(paint, view, networkShown(network)), NEWS[outcome]].join('\n'),
      );
    } finally {
      await session.close();
    }
  },
};
