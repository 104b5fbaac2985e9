/** The tables of error codes and exit statuses, for people. */
import type { ErrorRow } from '../errors.ts';
import type { Paint } from './paint.ts';
import { renderFields, renderTable } from './table.ts';
import { wrapped } from './text.ts';

/** `meshpay help errors`. */
export function renderErrors(paint: Paint, rows: readonly ErrorRow[]): string {
  return renderTable(
    paint,
    [{ title: 'code' }, { title: 'exit', align: 'right' }, { title: 'from' }, { title: 'meaning' }],
    rows.map(({ code, status, origin, meaning }) => [
      paint.strong(code),
      `${status}`,
      paint.faint(origin),
      meaning,
    ]),
  );
}

/** `meshpay help CODE`. */
export function renderError(paint: Paint, row: ErrorRow, columns: number): string {
  const label = 'what to do  '.length;
  const broken = (text: string): string => wrapped(text, columns - label).join('\n');
  return renderFields(paint, [
    ['code', paint.strong(row.code)],
    ['from', row.origin],
    ['meaning', broken(row.meaning)],
    ['what to do', broken(row.remedy)],
    ['exit', `${row.status}`],
  ]);
}

export interface ExitRow {
  readonly name: string;
  readonly status: number;
  readonly meaning: string;
}

/** `meshpay help exits`. */
export function renderExits(paint: Paint, rows: readonly ExitRow[]): string {
  return renderTable(
    paint,
    [{ title: 'exit', align: 'right' }, { title: 'name' }, { title: 'meaning' }],
    rows.map(({ status, name, meaning }) => [paint.strong(`${status}`), name, meaning]),
  );
}
