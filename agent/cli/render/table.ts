/** Aligned columns, and labelled values, as lines of text. */
import { type Paint, widthOf } from './paint.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table: a faint head, then one line a row, two spaces between columns. No trailing spaces. */
export function renderTable(
  paint: Paint,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ title }, at) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[at] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, at) => pad(cells[at] ?? '', widths[at] ?? 0, align ?? 'left'))
      .join('  ')
      .trimEnd();
  const head = line(columns.map(({ title }) => title));
  return [paint.faint(head), ...rows.map(line)].join('\n');
}

/** Labelled values, one a line: the labels in one faint column. A value may have several lines. */
export function renderFields(
  paint: Paint,
  fields: readonly (readonly [label: string, value: string])[],
): string {
  const width = Math.max(...fields.map(([label]) => label.length)) + 2;
  return fields
    .map(([label, value]) => {
      const indented = value.split('\n').join(`\n${' '.repeat(width)}`);
      return `${paint.faint(label.padEnd(width))}${indented}`;
    })
    .join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + text : text + space;
}
