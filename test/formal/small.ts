/** What a model and the core are compared by: the model's definitions, and all small cases. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_FOLDER } from './model.ts';
import { type Definition, definitionsOf } from './tla.ts';

/** The definitions of a model by their names. */
export function modelOf(module: string): (name: string) => Definition {
  const definitions = definitionsOf(readFileSync(join(MODEL_FOLDER, `${module}.tla`), 'utf8'));
  return (name) => {
    const found = definitions.get(name);
    if (found === undefined) throw new Error(`${module} has no definition of ${name}`);
    return found;
  };
}

/** The definition of a name in the model of transfers. */
export const definition = modelOf('Transfer');

/** Every choice of one value from each list. */
export function choices<T>(lists: { readonly [K in keyof T]: readonly T[K][] }): T[] {
  let chosen: Partial<T>[] = [{}];
  for (const name of Object.keys(lists) as (keyof T)[]) {
    chosen = chosen.flatMap((some) => lists[name].map((value) => ({ ...some, [name]: value })));
  }
  return chosen as T[];
}
