/**
 * Commands: what a plan is made of. They are data, so that a plan can be shown before it runs and
 * compared as a whole transcript. A program is called by its argument list, never through a shell,
 * and a secret is only ever the content of a file that nobody else may read.
 */

export type HostCommand =
  | { readonly kind: 'run'; readonly argv: readonly [program: string, ...rest: string[]] }
  | WriteCommand
  | { readonly kind: 'remove'; readonly path: string }
  /** Ends a process and waits for its end; `argument` guards against a reused pid. */
  | { readonly kind: 'stop'; readonly pid: number; readonly argument: string }
  /** Waits until a small file has this content. */
  | {
      readonly kind: 'await';
      readonly path: string;
      readonly content: string;
      readonly timeoutMs: number;
    };

export interface WriteCommand {
  readonly kind: 'write';
  readonly path: string;
  readonly mode: 0o600 | 0o644;
  readonly content: string;
  /** Shown by size only. */
  readonly secret: boolean;
  /**
   * A file of somebody else's: one that is there keeps its mode and owner, and every byte of it
   * that is not changed. So its content stands for bytes here, one a character (ISO 8859-1).
   */
  readonly foreign?: true;
}

/** What is written. */
export function contentOf({ content, foreign }: WriteCommand): string | Uint8Array {
  return foreign === true ? Buffer.from(content, 'latin1') : content;
}

export function run(program: string, ...rest: readonly string[]): HostCommand {
  return { kind: 'run', argv: [program, ...rest] };
}

export function remove(path: string): HostCommand {
  return { kind: 'remove', path };
}

/** Until an interface can carry frames: for one of a mesh, until the mesh is joined. */
export function awaitCarrier(interfaceName: string, timeoutMs: number): HostCommand {
  return {
    kind: 'await',
    path: `/sys/class/net/${interfaceName}/carrier`,
    content: '1',
    timeoutMs,
  };
}

/** One line for a person; a secret is never in it. */
export function describeCommand(command: HostCommand): string {
  switch (command.kind) {
    case 'run':
      return command.argv.map(quoted).join(' ');
    case 'write': {
      const mode = command.mode.toString(8).padStart(4, '0');
      const size = Buffer.byteLength(contentOf(command));
      return `write ${command.path} (${mode}, ${size} bytes${command.secret ? ', secret' : ''})`;
    }
    case 'remove':
      return `remove ${command.path}`;
    case 'stop':
      return `stop process ${command.pid} (${command.argument})`;
    case 'await':
      return `await ${command.path} = ${command.content} (${command.timeoutMs} ms)`;
  }
}

export function transcript(commands: readonly HostCommand[]): readonly string[] {
  return commands.map(describeCommand);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
