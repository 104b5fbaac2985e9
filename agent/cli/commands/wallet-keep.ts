/** `meshpay wallet words`, `backup` and `restore`: a wallet that outlives its machine. */
import { nameOf } from '../../core/base/names.ts';
import { signerFromSeed } from '../../shell/keys.ts';
import { createWallet, walletSeed } from '../../wallet/folder.ts';
import { keptWallet, readKept, writeBackup } from '../../wallet/keeping.ts';
import { wordsOf } from '../../wallet/words.ts';
import { isYes } from '../ask.ts';
import { type Args, type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { readGenesisFile } from '../network/read.ts';
import { show } from '../output.ts';
import { renderFields } from '../render/table.ts';
import { newPassphrase, PASSPHRASE_OPTION, passphraseOf, renderWords } from '../secrets.ts';
import { PEER_OPTION, readPeers, WALLET_OPTION, walletFolderOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';

const ASK_WORDS = 'The 24 words: ';

export const walletWords: CommandSpec = {
  path: ['wallet', 'words'],
  alsoCalled: ['seed', 'mnemonic'],
  summary: "show the wallet's secret as 24 words, to be written on paper",
  description: [
    'The words (BIP 39, English) are the secret key itself: whoever reads them has the money, and ' +
      '"meshpay wallet restore" makes the wallet anew from them, on any machine. Write them down by ' +
      'hand; a photograph is a copy that others find.',
  ],
  positionals: [],
  options: [
    { name: 'yes', kind: 'flag', summary: 'do not ask whether somebody looks over your shoulder' },
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [{ about: 'to write them down', line: 'meshpay wallet words' }],
  run: async (args, context) => {
    const { ask, environment } = context;
    const words = wordsOf(orFail(walletSeed(walletFolderOf(args, environment))));
    if (ask !== undefined && !args.flag('yes')) {
      const question = 'Whoever sees the words has the money. Show them now? [y/N] ';
      if (!isYes(await ask(question))) throw failure('not_wanted');
    }
    show(args, context, { words }, () => renderWords(words));
  },
};

export const walletBackup: CommandSpec = {
  path: ['wallet', 'backup'],
  summary: 'write what brings the wallet back to one file',
  description: [
    'The file has the secret key, the network, the nodes and the contacts. A passphrase locks it ' +
      '(scrypt and XChaCha20-Poly1305): without one, whoever has the file has the money. Payments are ' +
      'not in it; the authorities have them, and a wallet that comes back learns them anew.',
  ],
  positionals: [
    {
      name: 'file',
      summary: 'where to write; must not be there yet',
      expected: 'a file to write',
      completes: 'file',
    },
  ],
  options: [
    PASSPHRASE_OPTION,
    { name: 'plain', kind: 'flag', summary: 'without a passphrase' },
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [{ about: 'onto a stick', line: 'meshpay wallet backup /media/stick/alice.backup' }],
  run: async (args, context) => {
    const folder = walletFolderOf(args, context.environment);
    orFail(walletSeed(folder));
    const file = args.word('file');
    const passphrase = await wantedPassphrase(args, context);
    orFail(writeBackup(folder, file, passphrase));
    const json = { file, locked: passphrase !== undefined };
    show(args, context, json, (paint) =>
      passphrase === undefined
        ? `${paint.good('written')} to ${file}, without a passphrase: whoever has it has the money`
        : `${paint.good('written')} to ${file}, which its passphrase opens`,
    );
  },
};

async function wantedPassphrase(args: Args, context: Context): Promise<string | undefined> {
  const hasFile = args.text('passphrase-file') !== undefined;
  if (args.flag('plain')) {
    if (!hasFile) return undefined;
    const expected = 'one of --plain and --passphrase-file';
    throw failure('bad_usage', { field: '--plain', expected, found: 'both' });
  }
  if (context.ask === undefined && !hasFile) {
    const expected = '--passphrase-file FILE, or --plain for none';
    throw failure('bad_usage', { field: 'passphrase', expected, found: 'nobody to ask' });
  }
  const passphrase = await newPassphrase(args, context);
  return passphrase === '' ? undefined : passphrase;
}

export const walletRestore: CommandSpec = {
  path: ['wallet', 'restore'],
  alsoCalled: ['recover'],
  summary: 'make a wallet anew from its words, its key file or a backup',
  description: [
    'Asks for the 24 words, or takes a backup, a key file or a text with the words with --from. The ' +
      'wallet then learns its payments from the authorities. It signs nothing before enough of them ' +
      'have said that they know of no newer order of it.',
    'The same key must not pay from two places at once: give up the old wallet, if there still is one.',
  ],
  positionals: [],
  options: [
    {
      name: 'from',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      summary: 'a backup, a key file (mpsecret1...), or a text with the words',
    },
    PASSPHRASE_OPTION,
    {
      name: 'genesis',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      summary: 'the genesis document of the network; that of the backup if left out',
    },
    PEER_OPTION,
    {
      name: 'allow-volatile',
      kind: 'flag',
      summary: 'accept a folder in memory (tmpfs), for trials: a reboot loses it',
    },
    WALLET_OPTION,
    JSON_OPTION,
  ],
  examples: [
    { about: 'from paper', line: 'meshpay wallet restore --genesis village --peer oak.lan:7420' },
    { about: 'from a stick', line: 'meshpay wallet restore --from /media/stick/alice.backup' },
  ],
  run: async (args, context) => {
    const { name, text, passphrase } = await keptText(args, context);
    const kept = orFail(keptWallet(name, text, passphrase));
    const genesis = args.text('genesis');
    const network = genesis === undefined ? kept.network : readGenesisFile(genesis);
    const named = readPeers(args);
    const peers = named.length > 0 ? named : kept.peers;
    if (network === undefined && peers.length > 0) {
      const expected = '--genesis with it, so that the wallet knows their network';
      throw failure('bad_usage', { field: '--peer', expected, found: 'no --genesis' });
    }
    const config = { peers, allowVolatile: args.flag('allow-volatile') };
    const wanted = walletFolderOf(args, context.environment);
    const folder = orFail(createWallet(wanted, network, config, kept.seed, kept.contacts));
    const address = nameOf('account', signerFromSeed(kept.seed).publicKey);
    const shown = network?.genesis.name ?? null;
    show(args, context, { address, folder, network: shown }, (paint) =>
      renderFields(paint, [
        ['address', paint.strong(address)],
        ['wallet', folder],
        ['network', shown ?? 'none yet: "meshpay wallet join GENESIS --peer HOST:PORT"'],
        ['next', '"meshpay wallet balance" learns its payments from the authorities'],
      ]),
    );
  },
};

interface KeptText {
  /** To name it by. */
  readonly name: string;
  readonly text: string;
  readonly passphrase: string | undefined;
}

async function keptText(args: Args, context: Context): Promise<KeptText> {
  const file = args.text('from');
  if (file !== undefined) {
    const { text, needsPassphrase } = orFail(readKept(file));
    const passphrase = needsPassphrase
      ? await passphraseOf(args, context, `Passphrase of ${file}: `)
      : undefined;
    return { name: file, text, passphrase };
  }
  if (context.ask === undefined) {
    const expected = 'a file with the words, where nobody can be asked';
    throw failure('bad_usage', { field: '--from', expected, found: 'none' });
  }
  const text = await context.ask(ASK_WORDS);
  if (text === undefined) throw failure('not_wanted');
  return { name: 'words', text, passphrase: undefined };
}
