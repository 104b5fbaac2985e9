/**
 * The inner program of `sim:mutants`, run inside a private copy of the compiled project: new seeds
 * until one fails. Prints one line of JSON. Arguments: profile, first seed, most runs.
 */
import { runSeed } from '../run.ts';

const [, , profile = 'dense', from = '0', most = '100'] = process.argv;
let runs = 0;
let caught: { checker: string; message: string } | undefined;
while (caught === undefined && runs < Number(most)) {
  const { failure } = runSeed(Number(from) + runs++, profile);
  if (failure !== undefined) caught = { checker: failure.checker, message: failure.message };
}
process.stdout.write(`${JSON.stringify({ runs, caught })}\n`);
