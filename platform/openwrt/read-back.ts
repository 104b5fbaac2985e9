/**
 * Whether a batch has done what it says. `uci batch` ends with status 0 whatever became of its
 * lines and of the commit, which fails where the overlay is full, so the configuration is read
 * again.
 */
import { option, type UciConfig, unquote } from './uci.ts';

/** What a batch names and left otherwise, by its path. Never a value: keys are among them. */
export function unmetIn(
  text: string,
  configs: Readonly<Record<string, UciConfig>>,
): readonly string[] {
  return [...outcomeOf(text)].flatMap(([path, wanted]) => {
    const [config = '', name = '', each] = path.split('.');
    const section = configs[config]?.get(name);
    const present = each === undefined ? section?.type : option(section, each);
    return present === wanted ? [] : [path];
  });
}

/** The sections and options that a batch names, as `uci revert` takes them. */
export function pathsIn(text: string): readonly string[] {
  return [...outcomeOf(text).keys()];
}

/** The configurations that a batch commits. */
export function committedIn(text: string): readonly string[] {
  return [...text.matchAll(/^commit (\w+)$/gm)].map(([, config = '']) => config);
}

/** What is to be read under each path afterwards; undefined for what has to be gone. */
function outcomeOf(text: string): ReadonlyMap<string, string | undefined> {
  const outcome = new Map<string, string | undefined>();
  for (const line of text.split('\n')) {
    const [, verb, path = '', value = ''] =
      /^(set|add_list|delete) ([^=]+)(?:=(.*))?$/.exec(line) ?? [];
    const [word = ''] = unquote(value);
    if (verb === 'set') outcome.set(path, word);
    else if (verb === 'add_list') {
      const before = outcome.get(path);
      outcome.set(path, before === undefined ? word : `${before} ${word}`);
    } else if (verb === 'delete') {
      for (const each of outcome.keys()) if (each.startsWith(`${path}.`)) outcome.delete(each);
      outcome.set(path, undefined);
    }
  }
  return outcome;
}
