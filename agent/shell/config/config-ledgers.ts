/** The tables [[ledger]]: which outer ledgers a node serves, and where it keeps what it needs. */

import { join } from 'node:path';
import { choice, isTable, type Kind, type Misfit, path, showFound, text } from './config-kinds.ts';

/** A ledger that a node serves. */
export interface LedgerSetting {
  /** As it is called in the genesis document. */
  readonly name: string;
  readonly kind: 'cashbook';
  /** Null: beside the store. */
  readonly folder: string | null;
}

const KEYS = ['name', 'kind', 'folder'] as const;

/** One of the tables of `ledger`. */
export function ledgerTable(): Kind<LedgerSetting> {
  const name = text(
    /^[a-z][a-z0-9-]{0,31}$/,
    '1 to 32 small letters, digits and hyphens, a letter first',
  );
  const kinds = { name, kind: choice(['cashbook']), folder: path('a folder') };
  const expected = 'a table with name, kind and, if it is not to lie beside the store, folder';
  return {
    expected,
    read: (value, base) => {
      if (!isTable(value)) {
        return { ok: false, misfits: [{ at: '', expected, found: showFound(value) }] };
      }
      const extra = Object.keys(value).find((key) => !KEYS.some((known) => known === key));
      const misfits: Misfit[] =
        extra === undefined
          ? []
          : [{ at: `.${extra}`, expected: KEYS.join(', '), found: showFound(value[extra]) }];
      const read: Record<string, unknown> = {};
      for (const key of KEYS) {
        const isLeftOut = key === 'folder' && value[key] === undefined;
        const reading = isLeftOut
          ? { ok: true as const, value: null }
          : kinds[key].read(value[key], base);
        if (reading.ok) read[key] = reading.value;
        else misfits.push(...reading.misfits.map((one) => ({ ...one, at: `.${key}${one.at}` })));
      }
      if (misfits.length > 0) return { ok: false, misfits };
      return { ok: true, value: read as unknown as LedgerSetting };
    },
    write: ({ name: called, kind, folder }) => {
      const where = folder === null ? '' : `, folder = ${kinds.folder.write(folder)}`;
      return `{ name = ${name.write(called)}, kind = ${kinds.kind.write(kind)}${where} }`;
    },
  };
}

/** Where the ledger's own records are. */
export function ledgerFolder(store: string, { name, folder }: LedgerSetting): string {
  return folder ?? join(store, `ledger-${name}`);
}
