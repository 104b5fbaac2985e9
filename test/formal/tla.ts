/**
 * Reads as much of TLA+ as the model's committee, rules and ledger need: definitions, conjunctions,
 * integer expressions of +, -, * and \div with IF, one comparison, and records and functions of
 * integers (Lamport, "Specifying Systems", chapters 2, 5 and 15). Departs from TLA+ in that * and
 * \div have one precedence, where TLA+ asks for brackets.
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

/**
 * What a name stands for, written as in the module: `n`, `order.amount`, `self.next[a]`. A function
 * may also be given by its arguments' values: `self.next[1]` is then `self.next[a]` where `a` is 1.
 */
export type Values = Readonly<Record<string, number>>;

/** A name with the fields and indices after it, a number, or an operator. */
const TOKEN = /[a-z]\w*(?:\.\w+|\[[^\]]+\])*|\d+|\\div|[<>]=|\S/gi;

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

  function truth(): boolean {
    const left = sum();
    const compare = COMPARISONS[tokens[at++] ?? 'the end'];
    if (compare === undefined) throw new SyntaxError(`no comparison after IF in: ${expression}`);
    return compare(left, sum());
  }

  /** Both branches are read, so that the reader is behind them whichever it is. */
  function choice(): number {
    const holds = truth();
    expect('THEN');
    const then = sum();
    expect('ELSE');
    const otherwise = sum();
    return holds ? then : otherwise;
  }

  function expect(keyword: string): void {
    if (tokens[at++] !== keyword) throw new SyntaxError(`${keyword} is missing in: ${expression}`);
  }

  function term(): number {
    const token = tokens[at++] ?? 'the end';
    if (/^\d+$/.test(token)) return Number(token);
    if (token === '-') return -term();
    if (token === 'IF') return choice();
    const named = valueNamed(token, values);
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

/** The expressions of a record `[ name |-> expression, ... ]` by the names of its fields. */
export function fieldsOf(record: string): ReadonlyMap<string, string> {
  const [, inside = ''] = /^\[ (.+) \]$/.exec(record) ?? [];
  const fields = new Map<string, string>();
  for (const part of partsOf(inside)) {
    const [, name, expression] = /^ ?(\w+) \|-> (.+)$/.exec(part) ?? [];
    if (name === undefined || expression === undefined) {
      throw new SyntaxError(`expected a field, found ${part} in: ${record}`);
    }
    fields.set(name, expression);
  }
  return fields;
}

/** The parts of a text between commas that stand in no bracket. */
function partsOf(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if ('[({'.includes(character)) depth++;
    if ('])}'.includes(character)) depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${character}`);
  }
  return parts;
}

/**
 * The value that a function has for an argument: one by its rule, `[a \in S |-> expression]`, or
 * one that differs from another in one place, `[f EXCEPT ![place] = expression]`, where @ is what
 * stood there. Throws a SyntaxError where it reads something else.
 */
export function valueAt(text: string, argument: number, values: Values): number {
  const [, bound, rule] = /^\[(\w+) \\in \w+ \|-> (.+)\]$/.exec(text) ?? [];
  if (bound !== undefined && rule !== undefined) {
    return evaluate(rule, { ...values, [bound]: argument });
  }
  const [, name = '', place, changed] = /^\[([\w.]+) EXCEPT !\[(.+?)\] = (.+)\]$/.exec(text) ?? [];
  const before = values[`${name}[${argument}]`];
  if (place === undefined || changed === undefined || before === undefined) {
    throw new SyntaxError(`expected a function of ${argument}, found: ${text}`);
  }
  if (evaluate(place, values) !== argument) return before;
  return evaluate(changed, { ...values, '@': before });
}

/** What a name stands for: as it is written, or else with its argument's value in place of that. */
function valueNamed(name: string, values: Values): number | undefined {
  const [, called, argument] = /^(.+)\[(.+)\]$/.exec(name) ?? [];
  if (name in values || called === undefined || argument === undefined) return values[name];
  return values[`${called}[${values[argument]}]`];
}
