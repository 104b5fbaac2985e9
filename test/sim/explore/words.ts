/** Telling what a search found: a table of figures, and the way to a broken promise in words. */
import type { Case } from './cases.ts';
import type { Action, Result, Search, State } from './search.ts';

/** One line of figures a case. `seconds` belongs to each result. */
export function tableOf(rows: readonly { result: Result; seconds: number }[]): string {
  const head = ['case', 'authorities', 'orders', 'states', 'transitions', 'depth'];
  head.push('local', 'exact', 'core steps', 'meetings', 'ended by', 'seconds');
  const lines = rows.map(({ result, seconds }) => {
    const { setting } = result;
    const end = result.found?.violation.promise ?? (result.isExhausted ? 'exhaustion' : 'LIMIT');
    return [
      setting.name,
      `${setting.members} (${setting.traitors} hostile)`,
      `${setting.orders.length}`,
      ...[result.states, result.transitions, result.depth, result.locals, result.exact].map(
        grouped,
      ),
      ...[result.steps, result.meetings].map(grouped),
      end,
      seconds.toFixed(1),
    ];
  });
  const widths = head.map((name, i) =>
    Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)),
  );
  const text = (line: readonly string[]): string =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [text(head), rule, ...lines.map(text)].join('\n');
}

/** The shortest way to the broken promise, one line a step; empty if nothing was found. */
export function traceOf(search: Search, { setting, found }: Result): string[] {
  if (found === undefined) return [];
  const lines = [setting.words, ...settingOf(setting)];
  let names = Array.from({ length: search.world.honest }, (_, i) => `auth-${i}`);
  found.path.forEach(({ state, action }, i) => {
    lines.push(`${i + 1}. ${stepOf(search, setting, state, action, names)}`);
    const next = found.path[i + 1];
    if (next !== undefined) names = follow(search, state, action, names);
  });
  lines.push(`Broken: ${found.violation.message}.`);
  return lines;
}

function settingOf({ accounts, orders, members, traitors }: Case): string[] {
  const purses = accounts.map(({ name, issued }) => `${name} has ${issued}`).join(', ');
  const hostile = Array.from({ length: traitors }, (_, i) => `auth-${members - traitors + i}`);
  const committee = `${members} authorities; ${hostile.join(' and ') || 'none'} hostile`;
  const signed = orders.map(({ name, from, to, sequence, amount }) => {
    const [payer, payee] = [accounts[from]?.name, accounts[to]?.name];
    return `order ${name}: ${payer} pays ${payee} ${amount}, number ${sequence}`;
  });
  return [`${committee}. ${purses}.`, ...signed];
}

function stepOf(
  search: Search,
  setting: Case,
  state: State,
  action: Action,
  names: readonly string[],
): string {
  const who = names[action.at] ?? 'somebody';
  if (action.kind === 'meet') return `${who} and ${names[action.other]} bring ledgers together.`;
  const { kind, orders } = search.automaton.inputs[action.input] ?? { kind: 'restart', orders: [] };
  const [first, second] = orders.map((order) => setting.orders[order]?.name ?? '?');
  const answer = answerOf(search, state, action);
  switch (kind) {
    case 'order':
      return `${who} gets order ${first}${answer}.`;
    case 'gossip':
      return `${who} hears of order ${first} from another authority.`;
    case 'certificate':
      return `${who} gets the certificate of ${first}${answer}.`;
    case 'page':
      return `${who} gets the certificates of ${first} and ${second} in catch-up.`;
    case 'proof':
      return `${who} gets ${first} and ${second} as proof of double spending.`;
    case 'restart':
      return `${who} restarts.`;
    case 'restore':
      return `${who} comes back from its oldest copy, and may not vote.`;
  }
}

function answerOf(search: Search, state: State, action: Action): string {
  if (action.kind !== 'input') return '';
  const { local } = search.part(state.parts[action.at] ?? 0);
  try {
    const { answer } = search.automaton.outcome(local, action.input);
    return answer === '' ? '' : ` and ${answer}`;
  } catch {
    return ''; // The step that itself breaks a promise has no outcome.
  }
}

/** Who is where in the next state, which is sorted. */
function follow(search: Search, state: State, action: Action, names: readonly string[]): string[] {
  const { parts } = search.after(state, action);
  return names
    .map((name, i) => ({ name, part: parts[i] ?? 0 }))
    .sort((a, b) => a.part - b.part)
    .map(({ name }) => name);
}

function grouped(n: number): string {
  return n.toLocaleString('en-US');
}
