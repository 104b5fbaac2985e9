/**
 * What the checkers of the formal model are asked, and what they answer: the folder, the weaker
 * rules that must each break a promise, and how a checker is run. README.md has the words.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the model's sources: tests run from dist/test/formal, which has only scripts. */
export const MODEL_FOLDER = fileURLToPath(new URL('../../../test/formal/', import.meta.url));

export interface Weakening {
  /** What the weaker committee does, as the end of "an authority that ...". */
  readonly habit: string;
  /** The substitution in a configuration of TLC. */
  readonly tlc: string;
  /** The macro for Spin. */
  readonly spin: string;
  /** The promise that breaks. */
  readonly breaks: string;
  /** The fewest steps after the initial state that break it, by both checkers. */
  readonly steps: number;
}

export const WEAKENINGS: readonly Weakening[] = [
  {
    habit: 'accepts any amount',
    tlc: 'PositiveAmount <- NoRule',
    spin: 'POSITIVE_AMOUNT=true',
    breaks: 'NobodyOverspends',
    steps: 4,
  },
  {
    habit: 'accepts payments to oneself',
    tlc: 'NotToItself <- NoRule',
    spin: 'NOT_TO_ITSELF=true',
    breaks: 'SumIsConserved',
    steps: 3,
  },
  {
    habit: 'accepts used sequence numbers',
    tlc: 'NotUsed <- NoRule',
    spin: 'NOT_USED=true',
    breaks: 'VotesNeverContradict',
    steps: 8,
  },
  {
    habit: 'accepts gaps',
    tlc: 'NoGap <- NoRule',
    spin: 'NO_GAP=true',
    breaks: 'CatchUpIsNeverStuck',
    steps: 2,
  },
  {
    habit: 'forgets the pending order',
    tlc: 'NothingPending <- NoRule',
    spin: 'NOTHING_PENDING=true',
    breaks: 'VotesNeverContradict',
    steps: 5,
  },
  {
    habit: 'accepts amounts above the balance',
    tlc: 'EnoughBalance <- NoRule',
    spin: 'ENOUGH_BALANCE=true',
    breaks: 'NobodyOverspends',
    steps: 2,
  },
  {
    habit: 'applies a certificate twice or early',
    tlc: 'CertificateIsNext <- NoRule',
    spin: 'CERTIFICATE_IS_NEXT=true',
    breaks: 'LedgerIsItsCertificates',
    steps: 4,
  },
  {
    habit: 'asks for a balance when it applies a certificate',
    tlc: 'CertificateIsNext <- NextAndFunded',
    spin: 'CERTIFICATE_IS_NEXT=NEXT_AND_FUNDED',
    breaks: 'CatchUpIsNeverStuck',
    steps: 6,
  },
  {
    habit: 'takes a quorum less one vote for a certificate',
    tlc: 'Needed <- OneVoteLess',
    spin: 'NEEDED=2',
    breaks: 'OneCertificate',
    steps: 4,
  },
  {
    habit: 'signs an order because its certificate was applied',
    tlc: 'Next <- NextOrSignApplied',
    spin: 'SIGN_APPLIED=true',
    breaks: 'VotesNeverContradict',
    steps: 8,
  },
  {
    habit: 'votes on after coming back from an old copy',
    tlc: 'Next <- NextOrRestore',
    spin: 'RESTORE=true',
    breaks: 'VotesNeverContradict',
    steps: 6,
  },
];

/** Runs a program to its end in a folder; both outputs as one text, whatever the exit code. */
export function run(folder: string, program: string, ...args: readonly string[]): string {
  const ended = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ended.error !== undefined) throw ended.error;
  return ended.stdout + ended.stderr;
}

/** Runs `body` with a new empty folder, which is gone afterwards. */
export function inScratchFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'meshpay-formal-'));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The number that a pattern's first group finds in a text, or NaN, which equals no figure. */
export function figure(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
}
