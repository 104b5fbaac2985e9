/**
 * The reporter of `npm test`: TAP, as Node prints it, and before its closing lines once more every
 * test that failed, with its file and its error. So the end of a long log tells what broke.
 */
import { relative } from 'node:path';
import { type TestEvent, tap } from 'node:test/reporters';
import { inspect } from 'node:util';

/** Of one error; the rest of it is where the test failed. */
const MOST_LINES = 30;
const MOST_CHARACTERS = 200;

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data'];

/** What Node's runner calls with everything that happens; yields the text to print. */
async function* report(source: AsyncGenerator<TestEvent, void>): AsyncGenerator<string, void> {
  const failures: Failure[] = [];
  async function* listen(): AsyncGenerator<TestEvent, void> {
    for await (const event of source) {
      if (event.type === 'test:fail' && isItsOwn(event.data)) failures.push(event.data);
      yield event;
    }
  }
  for await (const text of tap(listen())) {
    yield text;
    if (text.startsWith('1..')) yield failures.map(retell).join('');
  }
}

/** Neither a suite that failed because of a test in it, nor one that is expected to fail. */
function isItsOwn({ details: { error }, todo }: Failure): boolean {
  const isOfOthers = 'failureType' in error && error.failureType === 'subtestsFailed';
  return !isOfOthers && (todo === undefined || todo === false);
}

function retell({ name, file, line, details: { error } }: Failure): string {
  const where = file === undefined ? '' : ` (${relative(process.cwd(), file)}:${line ?? 0})`;
  const lines = inspect(error.cause ?? error).split('\n');
  const told = lines.slice(0, MOST_LINES).map((line) => line.slice(0, MOST_CHARACTERS));
  return [`failed: ${name}${where}`, ...told].map((text) => `# ${text}\n`).join('');
}

// biome-ignore lint/style/noDefaultExport: Node takes a reporter from there.
export { report as default };
