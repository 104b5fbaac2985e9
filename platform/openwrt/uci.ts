/**
 * UCI, OpenWrt's configuration: reading `uci show` and writing `uci batch`. A batch goes through a
 * file of mode 0600 (`uci -f FILE batch`), because it carries the passphrase.
 *
 * `uci show` prints `wireless.radio0=wifi-device` for a section and `wireless.radio0.channel='36'`
 * for an option, a list as several quoted words, and a quote inside a word as '\'' (uci 2018 and
 * later).
 */

export type UciValue = string | readonly string[];

export interface UciSection {
  readonly type: string;
  readonly options: Readonly<Record<string, UciValue>>;
}

/** Sections by name (`@wifi-iface[0]` for anonymous ones), in file order. */
export type UciConfig = ReadonlyMap<string, UciSection>;

/** Lines that are not of this form are left out: they are not ours to understand. */
export function parseUciShow(text: string): UciConfig {
  const sections = new Map<string, { type: string; options: Record<string, UciValue> }>();
  for (const line of text.split('\n')) {
    const [, name, option, value] = /^\w+\.([^.=]+)(?:\.(\w+))?=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (option === undefined) {
      sections.set(name, { type: value.replaceAll("'", ''), options: {} });
      continue;
    }
    const words = unquote(value);
    const section = sections.get(name);
    if (section !== undefined)
      section.options[option] = words.length === 1 ? (words[0] ?? '') : words;
  }
  return sections;
}

/** The commands of a batch, with their values quoted. */
export const batch = {
  section: (path: string, type: string) => `set ${path}=${quote(type)}`,
  set: (path: string, value: string) => `set ${path}=${quote(value)}`,
  addToList: (path: string, value: string) => `add_list ${path}=${quote(value)}`,
  delete: (path: string) => `delete ${path}`,
  commit: (config: string) => `commit ${config}`,
};

/**
 * What `uci changes` lists: the paths that somebody has set or deleted and not committed. Never a
 * value: keys are among them. `-network.lan` is a deletion, `+=` and `-=` are entries of a list.
 */
export function stagedPaths(text: string): readonly string[] {
  const paths = text.split('\n').flatMap((line) => {
    const [, path] = /^-?(\w+\.[^=\s]+?)(?:[+-]?=.*)?$/.exec(line.trim()) ?? [];
    return path === undefined ? [] : [path];
  });
  return [...new Set(paths)];
}

/** The value of an option as text; a list with one entry shows as that entry. */
export function option(section: UciSection | undefined, name: string): string | undefined {
  const value = section?.options[name];
  return typeof value === 'string' ? value : value?.join(' ');
}

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** The words of `'a' 'b'`, with '\'' inside a word; an unquoted rest is one word. */
export function unquote(text: string): readonly string[] {
  if (!text.startsWith("'")) return [text];
  const words = [...text.matchAll(/'([^']*)'((?:\\''[^']*')*)/g)];
  return words.map(([, head = '', tail = '']) => {
    return head + tail.replaceAll(/\\''([^']*)'/g, (_, part: string) => `'${part}`);
  });
}
