/** `meshpay wallet new` and `meshpay wallet join`. */
import { existsSync } from 'node:fs';
import { nameOf } from '../../core/base/names.ts';
import { newSeed } from '../../shell/keys.ts';
import { createWallet, joinNetwork, walletSigner } from '../../wallet/folder.ts';
import { wordsOf } from '../../wallet/words.ts';
import { type CommandSpec, type Context, JSON_OPTION } from '../command.ts';
import { failure } from '../failure.ts';
import { readGenesisFile } from '../network/read.ts';
import { show } from '../output.ts';
import { renderFields } from '../render/table.ts';
import { askBack, renderWords } from '../secrets.ts';
import { PEER_OPTION, readPeers, signerOf, WALLET_OPTION, walletFolderOf } from '../wallet.ts';
import { orFail } from '../wallet-failure.ts';

export const walletNew: CommandSpec = {
  path: ['wallet', 'new'],
  alsoCalled: ['create', 'init'],
  summary: 'make a wallet: a new key, and whom to connect to',
  description: [
    'Makes a folder with a new secret key (readable by its owner only) and shows the address to be ' +
      'paid at. At a terminal it shows the key as 24 words first, to be written on paper, and asks ' +
      'some of them back: whoever has the words has the money, and they bring the wallet back. ' +
      '"meshpay wallet words" shows them again.',
    'The genesis document may be told later, with "meshpay wallet join": an address is needed to ' +
      'found a network, and a network to pay.',
  ],
  positionals: [],
  options: [
    WALLET_OPTION,
    {
      name: 'genesis',
      kind: 'text',
      value: 'FILE',
      completes: 'file',
      summary: 'the genesis document of the network, or a folder that has it',
    },
    PEER_OPTION,
    { name: 'yes', kind: 'flag', summary: 'do not show the words now' },
    {
      name: 'allow-volatile',
      kind: 'flag',
      summary: 'accept a folder in memory (tmpfs), for trials: a reboot loses it',
    },
    JSON_OPTION,
  ],
  examples: [
    { about: 'a wallet of its own folder', line: 'meshpay wallet new --wallet ./alice' },
    {
      about: 'a wallet that can pay at once',
      line: 'meshpay wallet new --genesis village/genesis.json --peer 192.0.2.7:7420',
    },
  ],
  run: async (args, context) => {
    const genesis = args.text('genesis');
    const peers = readPeers(args);
    if (genesis === undefined && peers.length > 0) {
      const expected = '--genesis with it, so that the wallet knows their network';
      throw failure('bad_usage', { field: '--peer', expected, found: 'no --genesis' });
    }
    const network = genesis === undefined ? undefined : readGenesisFile(genesis);
    const config = { peers, allowVolatile: args.flag('allow-volatile') };
    const wanted = walletFolderOf(args, context.environment);
    const seed = newSeed();
    if (!args.flag('yes')) await teachWords(seed, wanted, context);
    const folder = orFail(createWallet(wanted, network, config, seed));
    const address = nameOf('account', orFail(walletSigner(folder)).publicKey);
    show(args, context, { address, folder }, (paint) =>
      renderFields(paint, [
        ['address', paint.strong(address)],
        ['wallet', folder],
        [
          'network',
          network?.genesis.name ?? 'none yet: "meshpay wallet join GENESIS --peer HOST:PORT"',
        ],
      ]),
    );
  },
};

/** Shows the words, and asks some of them back, before there is a wallet that could be lost. */
async function teachWords(
  seed: Uint8Array,
  folder: string,
  { ask, terminal }: Context,
): Promise<void> {
  if (ask === undefined || existsSync(folder)) return;
  const words = wordsOf(seed);
  terminal.note('Write these 24 words on paper. Whoever has them has the money, and without them');
  terminal.note('a broken machine takes it along.\n');
  terminal.note(`${renderWords(words)}\n`);
  await askBack(words, ask, { terminal });
}

export const walletJoin: CommandSpec = {
  path: ['wallet', 'join'],
  summary: 'tell a wallet its network, or other nodes to connect to',
  description: [
    'Gives a wallet the genesis document of its network and the nodes to connect to. Done again for ' +
      'the same network it replaces the nodes; a wallet never changes its network.',
  ],
  positionals: [
    {
      name: 'genesis',
      summary: 'genesis.json, or a folder that has one',
      expected: 'a genesis document, or a folder that has one',
      completes: 'file',
    },
  ],
  options: [WALLET_OPTION, PEER_OPTION],
  examples: [
    {
      about: 'two ways into the network',
      line: 'meshpay wallet join village --peer oak.lan:7420 --peer 192.0.2.7:7420',
    },
  ],
  run: async (args, { terminal, environment }) => {
    const folder = walletFolderOf(args, environment);
    signerOf(args, environment);
    const network = readGenesisFile(args.word('genesis'));
    const { peers } = orFail(joinNetwork(folder, network, readPeers(args)));
    const count =
      peers.length === 0 ? 'no node to connect to yet: --peer' : `${peers.length} to connect to`;
    terminal.print(`${terminal.paint.good('joined')} ${network.genesis.name}, ${count}`);
  },
};
