/** Rules of the house: names of files, and the order of arguments. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { isFunctionDeclaration, isMethodDeclaration } from 'typescript/unstable/ast/is';
import { WANDERERS } from './lists.ts';
import { shrinks } from './ratchet.ts';
import { rule } from './rule.ts';
import { FILES, nodesOf, parsed, under } from './tree.ts';

rule('files are named in small letters, with hyphens between words', () => {
  const form = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/;
  assert.deepEqual(
    FILES.filter((path) => !form.test(basename(path))),
    [],
  );
});

/** The order of arguments in the core, by their types; whatever is not here comes last. */
const ORDER: readonly RegExp[] = [
  /^(Draft|Read)$/,
  /Setup\b|^(Network|NodeParts)$/,
  /^(Origin|WayBack|LinkId)$/,
];

rule('functions of the core take their arguments in one order: draft, setup, from, data', () => {
  const rankOf = (type: string): number => {
    const rank = ORDER.findIndex((kind) => kind.test(type));
    return rank < 0 ? ORDER.length : rank;
  };
  const found = under('agent/core').flatMap((path) => {
    const file = parsed.get(path);
    if (file === undefined) return [];
    return [...nodesOf(file)].flatMap((node) => {
      if (!isFunctionDeclaration(node) && !isMethodDeclaration(node)) return [];
      // What may be left out has to come last.
      const given = node.parameters.filter(
        ({ questionToken, initializer }) =>
          questionToken === undefined && initializer === undefined,
      );
      const ranks = given.map(({ type }) => rankOf(type?.getText(file) ?? ''));
      const isSorted = ranks.every((rank, i) => rank >= (ranks[i - 1] ?? 0));
      return isSorted ? [] : [node.name?.getText(file) ?? ''];
    });
  });
  shrinks(WANDERERS, found);
});
