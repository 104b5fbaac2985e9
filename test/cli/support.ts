/**
 * What the tests of the command line share: real runs of the built command, folders, certificates.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Signer } from '../../agent/core/base/crypto.ts';
import type {
  Amount,
  Epoch,
  MemberIndex,
  Sequence,
  TokenIndex,
} from '../../agent/core/base/units.ts';
import {
  type Certificate,
  NO_MEMO,
  type Order,
  orderHash,
  orderSigningBytes,
  voteSigningBytes,
} from '../../agent/core/codec/order.ts';
import { type Memos, memosOf } from '../../agent/core/memo.ts';
import { type Network, networkOf } from '../../agent/core/network/genesis.ts';
import { asFounded, type JudgedNetwork } from '../../agent/core/views.ts';
import { signerFromSeed } from '../../agent/shell/keys.ts';
import { afterPatience } from '../support/patience.ts';

/** What users run: the command line in one file (npm run bundle makes it). */
export const MESHPAY = fileURLToPath(new URL('../../bundle/meshpay.mjs', import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** No command of these tests takes so long. */
const COMMAND_PATIENCE_MS = 300_000;

/**
 * Starts the built command. Its home is empty and it knows no colour. `out`: a file for its
 * results.
 */
export function startMeshpay(
  args: readonly string[],
  cwd: string,
  out: number | 'pipe' = 'pipe',
): ChildProcess {
  const { PATH } = process.env;
  return spawn(process.execPath, [MESHPAY, ...args], {
    cwd,
    env: { PATH, HOME: cwd },
    stdio: ['ignore', out, 'pipe'],
  });
}

/** Runs the built command to its end. */
export async function meshpay(args: readonly string[], cwd: string): Promise<Ran> {
  return finished(startMeshpay(args, cwd));
}

/**
 * Runs the built command at a terminal of its own, by script(1), and types this each time that it
 * is asked, so often; then Ctrl-C. Undefined where there is no such program.
 */
export async function atTerminal(
  line: string,
  typed: string,
  cwd: string,
  times = Infinity,
): Promise<Ran | undefined> {
  let asked = 0;
  const command = `'${process.execPath}' '${MESHPAY}' ${line}`;
  const { PATH } = process.env;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { PATH, HOME: cwd, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (text: Buffer) => {
    // What readline says to move the cursor stands behind what it asks.
    if (/(\[y\/N\]|:) $/.test(stripVTControlCharacters(String(text))))
      child.stdin.write(++asked > times ? '\u0003' : typed);
  });
  try {
    return await finished(child);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** All that a process prints, and how it ends; one that does not end is killed. */
export function finished(child: ChildProcess): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let [out, err] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const callOff = afterPatience(() => child.kill('SIGKILL'), COMMAND_PATIENCE_MS);
    child.once('error', reject);
    child.once('close', (status) => {
      callOff();
      resolve({ status, out, err });
    });
  });
}

/** An empty folder that goes with the test. */
export function temporaryFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshpay-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A key pair that is the same in every run. */
export function signerOf(number: number): Signer {
  return signerFromSeed(new Uint8Array(32).fill(number));
}

export interface TestNetwork {
  readonly network: JudgedNetwork;
  readonly authorities: readonly Signer[];
}

/** A network of four authorities whose keys the test has; tokens HRS (2 places) and CUP (none). */
export function testNetwork(name = 'village'): TestNetwork {
  const names = ['oak', 'elm', 'ash', 'fir'];
  const authorities = names.map((_, at) => signerOf(at + 1));
  const network = asFounded(
    networkOf({
      version: 1,
      name,
      nonce: new Uint8Array(16),
      members: authorities.map(({ publicKey: key }, at) => ({ name: names[at] ?? '', key })),
      tokens: [
        { symbol: 'HRS', decimals: 2, opens: 1n as Amount },
        { symbol: 'CUP', decimals: 0, opens: 1n as Amount },
      ],
      votesPerHour: 0,
      ledgers: [
        {
          name: 'cashbook',
          kind: 'cashbook',
          tokens: [0 as TokenIndex],
          observers: [0 as MemberIndex],
          quorum: 1,
          about: 'the box under the counter',
        },
      ],
      issuance: [
        { account: signerOf(11).publicKey, token: 0 as TokenIndex, amount: 100_000n as Amount },
      ],
    }),
  );
  return { network, authorities };
}

export interface Wish {
  readonly amount?: bigint;
  readonly sequence?: bigint;
  readonly memo?: string;
  readonly recipient?: Uint8Array;
  /** Members that vote. */
  readonly voters?: readonly number[];
}

/** What opens memos of the account of `signerOf(number)`. */
export function memosFor(number: number, network: Network): Memos {
  return memosOf(new Uint8Array(32).fill(number), network.id);
}

/** A certificate of a payment by the account of `signerOf(11)`. */
export function certificateFor(
  { network, authorities }: TestNetwork,
  wish: Wish = {},
): Certificate {
  const payer = signerOf(11);
  const { amount = 1_250n, sequence = 0n, memo = 'bread', voters = [0, 1, 2] } = wish;
  const bare: Order = {
    account: payer.publicKey,
    sequence: sequence as Sequence,
    action: {
      TAG: 'transfer',
      data: {
        recipient: wish.recipient ?? signerOf(12).publicKey,
        token: 0 as TokenIndex,
        amount: amount as Amount,
        memo: NO_MEMO,
      },
    },
  };
  const sealed = memo === '' ? NO_MEMO : memosFor(11, network).seal(bare, memo);
  assert.ok(sealed !== undefined);
  const order: Order = {
    ...bare,
    action: { TAG: 'transfer', data: { ...bare.action.data, memo: sealed } },
  };
  const hash = orderHash(network.id, order);
  const bytes = voteSigningBytes(network.id, 0 as Epoch, hash);
  return {
    epoch: 0 as Epoch,
    order: { order, signature: payer.sign(orderSigningBytes(network.id, order)) },
    votes: voters.map((voter) => ({
      member: voter as MemberIndex,
      signature: authorities[voter]?.sign(bytes) ?? new Uint8Array(64),
    })),
  };
}
