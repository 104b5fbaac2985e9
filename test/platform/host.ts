/**
 * A host in memory: files, processes and recorded program outputs behind the `Runner` port. It
 * keeps what was performed, in order, and refuses what it does not know.
 */
import { contentOf, describeCommand, type HostCommand } from '../../platform/command.ts';
import { failure, fault, type Result, success } from '../../platform/fault.ts';
import type { Watch } from '../../platform/radio.ts';
import type { Process, ProgramOutput, Runner } from '../../platform/runner.ts';

export type Program = (argv: readonly string[]) => Partial<ProgramOutput> | string | undefined;

export class MemoryHost implements Runner {
  readonly files = new Map<string, string | Uint8Array>();
  readonly modes = new Map<string, number>();
  readonly processes = new Map<number, Process>();
  /** What files begin with that cannot be written. */
  readOnly: readonly string[] = [];
  readonly performed: HostCommand[] = [];
  readonly followers: ((line: string) => void)[] = [];
  /** Lets the program of a follower end. */
  readonly enders: (() => void)[] = [];
  /** What else happens when a process is stopped. */
  onStop: () => void = () => {};
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  get transcript(): readonly string[] {
    return this.performed.map(describeCommand);
  }

  async output(argv: readonly [string, ...string[]]): Promise<Result<ProgramOutput>> {
    const answer = this.#program(argv);
    if (answer === undefined) {
      return failure(fault('tool_missing', `command ${argv[0]}`, 'the program', argv.join(' ')));
    }
    const output = typeof answer === 'string' ? { stdout: answer } : answer;
    return success({ status: 0, stdout: '', stderr: '', ...output });
  }

  follow(
    _argv: readonly [string, ...string[]],
    onLine: (line: string) => void,
    onEnd: () => void,
  ): Watch {
    const close = () => {
      const place = this.followers.indexOf(onLine);
      if (place < 0) return;
      this.followers.splice(place, 1);
      this.enders.splice(place, 1);
      onEnd();
    };
    this.followers.push(onLine);
    this.enders.push(close);
    return { close };
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const content = this.files.get(path);
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  }

  async readEnd(path: string, mostBytes: number): Promise<Uint8Array | undefined> {
    const bytes = await this.read(path);
    return bytes?.subarray(Math.max(0, bytes.length - mostBytes));
  }

  async list(path: string): Promise<readonly string[]> {
    const names = [...this.files.keys()]
      .filter((name) => name.startsWith(`${path}/`))
      .map((name) => name.slice(path.length + 1).split('/')[0] ?? '');
    return [...new Set(names)].sort();
  }

  async isWritable(path: string): Promise<boolean> {
    return !this.readOnly.some((folder) => path.startsWith(folder));
  }

  async process(pid: number): Promise<Process | undefined> {
    return this.processes.get(pid);
  }

  async perform(command: HostCommand): Promise<Result<undefined>> {
    this.performed.push(command);
    switch (command.kind) {
      case 'run': {
        const output = await this.output(command.argv);
        if (!output.ok) return output;
        if (output.value.status === 0) return success(undefined);
        const { stderr } = output.value;
        const field = `command ${command.argv.join(' ')}`;
        return failure(fault('command_failed', field, 'exit 0', stderr));
      }
      case 'write':
        if (!(await this.isWritable(command.path))) {
          return failure(fault('file_failed', command.path, 'success', 'EROFS'));
        }
        this.files.set(command.path, asText(contentOf(command)));
        this.modes.set(command.path, command.mode);
        return success(undefined);
      case 'remove':
        this.files.delete(command.path);
        return success(undefined);
      case 'stop':
        this.processes.delete(command.pid);
        this.onStop();
        return success(undefined);
      case 'await': {
        const found = this.files.get(command.path);
        if (found === command.content) return success(undefined);
        return failure(fault('mesh_not_up', command.path, command.content, `${found}`));
      }
    }
  }
}

/** Tests compare texts; what is none stays bytes. */
function asText(content: string | Uint8Array): string | Uint8Array {
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
  return typeof content === 'string' || Buffer.from(text).equals(content) ? text : content;
}
