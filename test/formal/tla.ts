/**
 * Reads as much of TLA+ as the model's committee and rules need: definitions, conjunctions, integer
 * expressions of +, -, * and \div, and one comparison (Lamport, "Specifying Systems", chapters 2
 * and 15). Departs from TLA+ in that * and \div have one precedence, where TLA+ asks for brackets.
 */

export interface Definition {
  readonly parameters: readonly string[];
  /** The text after `==`, up to the next empty line or definition; white space is one blank. */
  readonly body: string;
}

/** The definitions of a module that begin at the left margin, by name. */
export function definitionsOf(module: string): ReadonlyMap<string, Definition> {
  const text = module.replaceAll(/\(\*.*?\*\)/gs, '').replaceAll(/\\\*.*$/gm, '');
  const head = /^(\w+)(?:\(([\w, ]+)\))? ==(.*(?:\n(?!\w+(?:\([\w, ]+\))? ==).+)*)/gm;
  const found = new Map<string, Definition>();
  for (const [, name = '', parameters = '', body = ''] of text.matchAll(head)) {
    found.set(name, {
      parameters: parameters.split(', ').filter((parameter) => parameter !== ''),
      body: body.replaceAll(/\s+/g, ' ').trim(),
    });
  }
  return found;
}

/** The operators that a definition calls as its conjuncts, in order. */
export function conjunctsOf({ parameters, body }: Definition): readonly string[] {
  const call = `(${parameters.join(', ')})`;
  const parts = body.split('/\\').map((part) => part.trim());
  return parts.filter((part) => part.endsWith(call)).map((part) => part.slice(0, -call.length));
}

/** What a name stands for, written as in the module: `n`, `order.amount`, `self.next[a]`. */
export type Values = Readonly<Record<string, number>>;

/** A name with the fields and indices after it, a number, or an operator. */
const TOKEN = /[a-z]\w*(?:\.\w+|\[[^\]]+\])*|\d+|\\div|[<>]=|[-+*()<>=#]/gi;

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '=': (left, right) => left === right,
  '#': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
  '<=': (left, right) => left <= right,
  '>=': (left, right) => left >= right,
};

/** The value of an integer expression. Throws a SyntaxError where it reads something else. */
export function evaluate(expression: string, values: Values): number {
  const tokens = [...expression.matchAll(TOKEN)].map(([token]) => token);
  let at = 0;

  function sum(): number {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') {
      value += tokens[at++] === '+' ? product() : -product();
    }
    return value;
  }

  function product(): number {
    let value = term();
    while (tokens[at] === '*' || tokens[at] === '\\div') {
      value = tokens[at++] === '*' ? value * term() : Math.floor(value / term());
    }
    return value;
  }

  function term(): number {
    const token = tokens[at++] ?? 'the end';
    if (/^\d+$/.test(token)) return Number(token);
    const named = values[token];
    if (named !== undefined) return named;
    if (token !== '(') throw new SyntaxError(`expected a number, found ${token} in: ${expression}`);
    const value = sum();
    if (tokens[at++] !== ')') throw new SyntaxError(`a bracket is not closed in: ${expression}`);
    return value;
  }

  const value = sum();
  if (at < tokens.length) throw new SyntaxError(`cannot read ${tokens[at]} in: ${expression}`);
  return value;
}

/** Whether a comparison of two integer expressions is true. Throws a SyntaxError likewise. */
export function isTrue(comparison: string, values: Values): boolean {
  const [, left = '', sign = '', right = ''] = /^(.+?) ([<>]=?|[=#]) (.+)$/.exec(comparison) ?? [];
  const compare = COMPARISONS[sign];
  if (compare === undefined) throw new SyntaxError(`no comparison: ${comparison}`);
  return compare(evaluate(left, values), evaluate(right, values));
}
