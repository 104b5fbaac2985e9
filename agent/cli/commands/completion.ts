/** `meshpay completion`: what a shell needs to complete meshpay's words. */
import type { CommandSpec } from '../command.ts';
import { renderCompletion, SHELLS } from '../completion.ts';

/** `commands` is asked for late: this command is one of them. */
export function completionCommand(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    path: ['completion'],
    summary: 'print the completions for a shell',
    description: [
      'Prints a script for the shell. It is complete in itself: pressing Tab never runs meshpay.',
    ],
    positionals: [
      { name: 'shell', summary: SHELLS.join(', '), expected: SHELLS.join(' or '), choices: SHELLS },
    ],
    options: [],
    examples: [
      { about: 'for this bash', line: 'source <(meshpay completion bash)' },
      { about: 'for every zsh', line: 'meshpay completion zsh > ~/.zsh/completions/_meshpay' },
    ],
    run: async (args, { terminal }) => {
      const shell = SHELLS.find((known) => known === args.word('shell'));
      if (shell !== undefined) terminal.print(renderCompletion(shell, commands()).trimEnd());
    },
  };
}
