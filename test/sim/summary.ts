/** The figures of many runs together. */
import { NO_FATES } from './checkers/fates.ts';
import type { Result } from './run.ts';

/** What became of withdrawals, and what was paid in. */
const FATES = ['locked', 'settled', 'paid', 'refunded', 'returned', 'deposits'] as const;

export class Summary {
  runs = 0;
  payments = 0;
  withdrawals = 0;
  readonly fates: Record<keyof Result['fates'], number> = { ...NO_FATES };
  steps = 0;
  virtualMs = 0;
  framesSent = 0;
  framesLost = 0;
  realSignatureRuns = 0;
  /** How long each run took to heal, of those that did. */
  readonly healingMs: number[] = [];
  readonly faults = new Map<string, number>();
  readonly most = { frameBytes: 0, sends: 0, writes: 0, records: 0 };

  add(result: Result): void {
    this.runs++;
    this.payments += result.payments;
    this.withdrawals += result.withdrawals;
    for (const name of FATES) this.fates[name] += result.fates[name];
    this.steps += result.steps;
    this.virtualMs += result.virtualMs;
    if (result.healingMs !== undefined) this.healingMs.push(result.healingMs);
    this.framesSent += result.frames.sent;
    this.framesLost += result.frames.lost;
    if (result.hasRealSignatures) this.realSignatureRuns++;
    const { doubled, overtaken, clogged, lost } = result.frames;
    const frames = { 'frame lost': lost, 'frame doubled': doubled, 'frame overtaken': overtaken };
    const counts = { ...result.faults, ...frames, 'frame clogged': clogged };
    for (const [kind, count] of Object.entries(counts)) {
      this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
    }
    for (const name of ['frameBytes', 'sends', 'writes', 'records'] as const) {
      this.most[name] = Math.max(this.most[name], result.most[name]);
    }
  }

  /** All figures, one a line. `cpuSeconds`: of all threads together. */
  text(wallSeconds: number, cpuSeconds: number): string {
    const hours = this.virtualMs / 3_600_000;
    const faults = [...this.faults].sort((a, b) => b[1] - a[1]);
    const rows: [string, string][] = [
      ['runs', `${count(this.runs)} (${count(this.realSignatureRuns)} with Ed25519)`],
      ['payments certified', count(this.payments)],
      ['withdrawals among them', count(this.withdrawals)],
      ...FATES.map((name): [string, string] => [`  ${name}`, count(this.fates[name])]),
      ['steps of nodes', count(this.steps)],
      ['virtual time', `${hours.toFixed(1)} hours`],
      ['healing', healingText(this.healingMs)],
      ['wall time', `${wallSeconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor)`],
      ['steps per second and core', count(Math.round(this.steps / Math.max(0.001, cpuSeconds)))],
      ['largest frame', `${count(this.most.frameBytes)} bytes`],
      ['most frames of a step', count(this.most.sends)],
      ['most writes of a step', count(this.most.writes)],
      ...faults.map(([kind, times]): [string, string] => [kind.replaceAll('_', ' '), count(times)]),
    ];
    return rows.map(([name, value]) => `  ${name.padEnd(28)}${value}`).join('\n');
  }
}

/** Of a list of milliseconds that may be empty. */
function healingText(healingMs: readonly number[]): string {
  const sorted = [...healingMs].sort((a, b) => a - b);
  const share = (part: number) => {
    const ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    return `${((ms ?? 0) / 1_000).toFixed(1)} s`;
  };
  return `${share(0.5)} in half of the runs, ${share(0.99)} in 99 %, ${share(1)} at most`;
}

function count(n: number): string {
  return n.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}
