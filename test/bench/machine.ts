/** What the figures were measured on, and how they are printed. */
import { cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';

/** One line: processor, cores, memory, kernel, Node. */
export function machine(): string {
  const cores = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const model = cores[0]?.model.trim() ?? 'unknown processor';
  return `${model}, ${cores.length} cores, ${memory}, ${type()} ${release()}, Node ${process.version}`;
}

/** A figure of a table: what, how much, in which unit, and what it is held against. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The goal, with its direction: ">= 2500". */
  readonly goal?: string;
  readonly note?: string;
}

/** The middle of the values; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of the values lies (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The table, one figure a line. */
export function table(title: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ what, value, unit, goal = '', note = '' }) => [
    what,
    `${rounded(value)} ${unit}`,
    goal,
    note,
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 1 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}

function rounded(value: number): string {
  if (Number.isNaN(value)) return 'none';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
