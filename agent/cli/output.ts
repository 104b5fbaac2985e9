/** How a command that reads prints what it found: for a program or for a person. */
import type { Args, Context } from './command.ts';
import type { Paint } from './render/paint.ts';

/** Prints `json` where --json asks for it, and otherwise what `render` makes for a person. */
export function show(
  args: Args,
  { terminal }: Pick<Context, 'terminal'>,
  json: unknown,
  render: (paint: Paint) => string,
): void {
  if (args.flag('json')) terminal.printJson(json);
  else terminal.print(render(terminal.paint));
}
