/** The tables of error codes and exit statuses, for people. */
import type { ErrorRow } from '../errors.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

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
