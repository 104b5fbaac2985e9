/** What the bench prints: a line a figure, with its goal where there is one, and a verdict. */

export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly goal?: string;
  /** Left out where there is no goal. */
  readonly met?: boolean;
}

/** Milliseconds without decimals from 10 on; "-" for none. */
export function ms(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function seconds(valueMs: number): string {
  return Number.isFinite(valueMs) ? `${(valueMs / 1_000).toFixed(1)} s` : '-';
}

/** Columns as wide as their widest cell. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = rows.map(({ what, figure, goal = '', met }) => [
    what,
    figure,
    goal,
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]);
  const all = [['what', 'figure', 'goal', ''], ...cells];
  const widths = [0, 1, 2].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
