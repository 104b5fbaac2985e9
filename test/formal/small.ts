/** What the model and the core are compared by: the model's definitions, and all small cases. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_FOLDER } from './model.ts';
import { type Definition, definitionsOf } from './tla.ts';

const MODEL = definitionsOf(readFileSync(join(MODEL_FOLDER, 'Transfer.tla'), 'utf8'));

/** The model's definition of a name. */
export function definition(name: string): Definition {
  const found = MODEL.get(name);
  if (found === undefined) throw new Error(`the model has no definition of ${name}`);
  return found;
}

/** Every choice of one value from each list. */
export function choices<T>(lists: { readonly [K in keyof T]: readonly T[K][] }): T[] {
  let chosen: Partial<T>[] = [{}];
  for (const name of Object.keys(lists) as (keyof T)[]) {
    chosen = chosen.flatMap((some) => lists[name].map((value) => ({ ...some, [name]: value })));
  }
  return chosen as T[];
}
