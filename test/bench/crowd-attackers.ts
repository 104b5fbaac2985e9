/**
 * The hostile links of crowd.ts, in a process of their own: what they take of the machine is
 * theirs, and is counted apart from what a wallet and the authorities take.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { hex } from '@scure/base';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { networkFromJson } from '../../agent/core/network/genesis-json.ts';
import { newSeed, signerFromSeed } from '../../agent/shell/keys.ts';
import type { Address } from '../../agent/shell/net/address.ts';
import { transfer } from '../process/orders.ts';
import { type FloodLink, floodLink } from '../support/flood.ts';

/** One hostile link: to whom, from which address of this host, with which key. */
export interface Attacker {
  readonly to: Address;
  readonly from: string;
  readonly seed: string;
}

export interface AttackTask {
  readonly genesisFile: string;
  readonly attackers: readonly Attacker[];
}

/** Below the rate at which one address may begin handshakes. */
const BETWEEN_MS = 70;

async function attack({ genesisFile, attackers }: AttackTask): Promise<void> {
  const network = networkFromJson(JSON.parse(readFileSync(genesisFile, 'utf8')));
  if (isRefusal(network)) throw new Error(`the genesis is refused: ${network.refused}`);
  // What costs a signature check and brings nothing: an order of nobody who has money.
  const [payer, payee] = [signerFromSeed(newSeed()), signerFromSeed(newSeed())];
  const data = transfer(network, payer, payee.publicKey, 1n);
  const links: FloodLink[] = [];
  for (const { to, from, seed } of attackers) {
    links.push(await floodLink(network, to, from, hex.decode(seed)));
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  for (const link of links) link.flood({ TAG: 'order', data });
  process.send?.('flooding');
}

process.once('message', (task) => void attack(task as AttackTask));
process.once('disconnect', () => process.exit());
