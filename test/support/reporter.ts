/**
 * The reporter of `npm test`: TAP, as Node prints it, and before its closing lines once more every
 * test that failed, with its file and its error, and in which tests a file was that had to be
 * ended. So the end of a long log tells what broke. It hears of every test, so it keeps the
 * watchdog that ends files which hang; MESHPAY_TEST_SILENCE_MS is how long it may hear nothing.
 */

import { relative } from 'node:path';
import process from 'node:process';
import { type TestEvent, tap } from 'node:test/reporters';
import { inspect } from 'node:util';
import { SILENCE_MS, watchFiles } from './watchdog.ts';

/** Of one error; the rest of it is where the test failed. */
const MOST_LINES = 30;
const MOST_CHARACTERS = 200;

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data'];

/** What Node's runner calls with everything that happens; yields the text to print. */
async function* report(source: AsyncGenerator<TestEvent, void>): AsyncGenerator<string, void> {
  const failures: string[] = [];
  /** Of every file, the names of the tests that have begun and not ended. */
  const running = new Map<string, Set<string>>();
  const watchdog = watchFiles(Number(process.env['MESHPAY_TEST_SILENCE_MS'] ?? SILENCE_MS));
  async function* listen(): AsyncGenerator<TestEvent, void> {
    for await (const event of source) {
      watchdog.heard();
      if (event.type === 'test:dequeue') runningIn(event.data).add(event.data.name);
      if (event.type === 'test:pass' || event.type === 'test:fail') {
        const within = runningIn(event.data);
        within.delete(event.data.name);
        if (event.type === 'test:fail' && isItsOwn(event.data)) {
          failures.push(retell(event.data, isFile(event.data) ? [...within] : []));
        }
      }
      yield event;
    }
  }
  function runningIn({ file = '' }: { readonly file?: string }): Set<string> {
    const names = running.get(file) ?? new Set();
    running.set(file, names);
    return names;
  }
  for await (const text of tap(listen())) {
    yield text;
    if (text.startsWith('1..')) yield failures.join('');
  }
  watchdog.stop();
}

/** A file that failed as a whole: it was ended, or it ended without having told of its tests. */
function isFile({ name, file }: Failure): boolean {
  return name === file;
}

/** Neither a suite that failed because of a test in it, nor one that is expected to fail. */
function isItsOwn({ details: { error }, todo }: Failure): boolean {
  const isOfOthers = 'failureType' in error && error.failureType === 'subtestsFailed';
  return !isOfOthers && (todo === undefined || todo === false);
}

function retell({ name, file, line, details: { error } }: Failure, within: string[]): string {
  const where = file === undefined ? '' : ` (${relative(process.cwd(), file)}:${line ?? 0})`;
  const lines = inspect(error.cause ?? error).split('\n');
  const told = lines.slice(0, MOST_LINES).map((line) => line.slice(0, MOST_CHARACTERS));
  const unfinished = within.map((test) => `while in: ${test}`);
  return [`failed: ${name}${where}`, ...unfinished, ...told].map((text) => `# ${text}\n`).join('');
}

// biome-ignore lint/style/noDefaultExport: Node takes a reporter from there.
export { report as default };
