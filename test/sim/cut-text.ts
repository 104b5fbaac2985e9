/** Cuts as text, for the command line: `faults=crash.3,cut.0;chaosMs=12000;isCalm=1`. */
import { isFaultName } from './fault-plan.ts';
import type { Cut } from './plan.ts';

const NUMBERS = [
  'authorities',
  'chaosMs',
  'payments',
  'wallets',
  'relays',
  'traitors',
  'thieves',
  'saboteurs',
  'squatters',
  'strangers',
  'misledMembers',
  'misledRelays',
  'crowders',
  'deputies',
  'flooders',
  'twins',
  'gateways',
] as const;

/** The text of a cut; empty when it cuts nothing. */
export function cutText(cut: Cut): string {
  const parts = NUMBERS.flatMap((name) =>
    cut[name] === undefined ? [] : [`${name}=${cut[name]}`],
  );
  if (cut.faults !== undefined) parts.push(`faults=${cut.faults.join(',')}`);
  if (cut.isCalm) parts.push('isCalm=1');
  return parts.join(';');
}

/** The cut of a text. Throws with the part that is wrong. */
export function parseCut(text: string): Cut {
  const cut: { -readonly [K in keyof Cut]: Cut[K] } = {};
  for (const part of text.split(';').filter((each) => each !== '')) {
    const [name = '', value = ''] = part.split('=');
    const known = NUMBERS.find((each) => each === name);
    if (known !== undefined && /^\d+$/.test(value)) cut[known] = Number(value);
    else if (name === 'isCalm') cut.isCalm = value === '1';
    else if (
      name === 'faults' &&
      value.split(',').every((each) => each === '' || isFaultName(each))
    ) {
      cut.faults = value.split(',').filter((each) => each !== '');
    } else throw new Error(`no such cut: ${part}`);
  }
  return cut;
}
