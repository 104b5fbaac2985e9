/** One place in the world, a radio's namespace or the outside, and the programs that run in it. */
import type { Channel } from './channel.ts';
import {
  type ExecResult,
  type ExitResult,
  FILE_PIECE_BYTES,
  GUEST_ROOT,
  OUTSIDE,
  type Place,
} from './protocol.ts';
import { MachineTime } from './time.ts';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ExecOptions extends RunOptions {
  /** Default 30 s. The program and its children are killed after it. */
  readonly timeoutMs?: number;
  readonly stdin?: string;
}

export interface SpawnOptions extends RunOptions {
  /** Names the log in reports. Default: the program and a number. */
  readonly name?: string;
  /** Runs it in a terminal; its output is then given to `onOutput` and not logged. */
  readonly terminal?: { readonly rows: number; readonly columns: number };
  /** Keeps its input open for `input`; its output is given to `onOutput`, its errors are logged. */
  readonly piped?: boolean;
  readonly onOutput?: (bytes: Buffer) => void;
}

const DEFAULT_TIMEOUT_MS = 30_000;

export class WorldNode {
  readonly place: Place;
  /** `n0` for radio 0; `outside` for the first namespace. */
  readonly name: string;
  /** The radio's hardware address; empty outside. */
  readonly mac: string;
  /** The kernel's name of the radio; empty outside. */
  readonly phy: string;
  /** A folder of the node's own inside the machine, in memory, mode 0700. */
  readonly folder: string;
  readonly time: MachineTime;
  readonly #channel: Channel;
  #spawned = 0;

  constructor(channel: Channel, place: Place, phy = '', mac = '') {
    this.#channel = channel;
    this.time = new MachineTime(channel);
    this.place = place;
    this.name = place === OUTSIDE ? 'outside' : `n${place}`;
    this.phy = phy;
    this.mac = mac;
    this.folder = place === OUTSIDE ? GUEST_ROOT : `${GUEST_ROOT}/${this.name}`;
  }

  /** Runs a program to its end. A failing program is a result, not an error. */
  exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, ...rest } = options;
    const request = { op: 'exec', place: this.place, argv, timeoutMs, ...rest } as const;
    return this.#channel.request(request, timeoutMs);
  }

  /**
   * Runs a program that has to succeed.
   * @returns what it printed
   * @throws Error with its errors when its exit code is not 0
   */
  async must(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const result = await this.exec(argv, options);
    if (result.code === 0) return result.stdout;
    const why = result.timedOut ? 'took too long' : (result.signal ?? `exit code ${result.code}`);
    throw new Error(`${this.name}: ${argv.join(' ')}: ${why}\n${result.stderr || result.stdout}`);
  }

  /** Starts a program and leaves it running; its output goes to a log inside the machine. */
  async spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<WorldProcess> {
    const { onOutput, name: wanted, ...rest } = options;
    this.#spawned += 1;
    const program = argv[0]?.split('/').at(-1) ?? 'program';
    const name = wanted ?? `${this.name}-${program}-${this.#spawned}`;
    const process = new WorldProcess(this.#channel, name, onOutput);
    await process.start({ op: 'spawn', place: this.place, name, argv, ...rest });
    return process;
  }

  /** Writes a file of the machine (its folders are made), in pieces. */
  async write(path: string, content: string | Buffer, mode = 0o600): Promise<void> {
    const bytes = Buffer.from(content);
    for (let at = 0; at === 0 || at < bytes.length; at += FILE_PIECE_BYTES) {
      const base64 = bytes.toString('base64', at, Math.min(at + FILE_PIECE_BYTES, bytes.length));
      await this.#channel.request(
        at === 0 ? { op: 'write', path, base64, mode } : { op: 'append', path, base64 },
      );
    }
  }

  /** Reads a whole file of the machine. */
  async read(path: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let at = 0; ; ) {
      const { base64 } = await this.#channel.request({ op: 'read', path, offset: at });
      const piece = Buffer.from(base64, 'base64');
      if (piece.length === 0) return Buffer.concat(pieces);
      pieces.push(piece);
      at += piece.length;
    }
  }
}

type SpawnLine = Parameters<Channel['request']>[0] & { readonly op: 'spawn' };

export class WorldProcess {
  readonly name: string;
  readonly #channel: Channel;
  readonly #stopListening: () => void;
  #pid = -1;
  #offset = 0;

  constructor(channel: Channel, name: string, onOutput?: (bytes: Buffer) => void) {
    this.#channel = channel;
    this.name = name;
    this.#stopListening = channel.onEvent((event) => {
      if (event.event === 'ready' || event.name !== name) return;
      if (event.event === 'output') onOutput?.(Buffer.from(event.base64, 'base64'));
      else this.#stopListening();
    });
  }

  /** Its process id inside the machine. */
  get pid(): number {
    return this.#pid;
  }

  async start(request: SpawnLine): Promise<void> {
    try {
      this.#pid = (await this.#channel.request(request)).pid;
    } catch (error) {
      this.#stopListening();
      throw error;
    }
  }

  /** Waits for its end, at most `timeoutMs`; `running` in the answer says whether it came. */
  wait(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<ExitResult> {
    return this.#channel.request({ op: 'wait', name: this.name, timeoutMs }, timeoutMs);
  }

  /** Sends a signal to the program and its children, and returns at once. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#channel.request({ op: 'kill', name: this.name, signal });
  }

  /** SIGTERM, and SIGKILL when it is still there after `graceMs`. */
  async stop(graceMs = 5_000): Promise<ExitResult> {
    await this.signal('SIGTERM');
    const exit = await this.wait(graceMs);
    if (!exit.running) return exit;
    return this.kill();
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<ExitResult> {
    await this.signal('SIGKILL');
    return this.wait();
  }

  /**
   * Waits for the next line of its log that matches; each call goes on after the line before.
   * @throws Error when the time is up or the program has ended without such a line
   */
  async line(pattern: RegExp, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<string> {
    const { source, flags } = pattern;
    const offset = this.#offset;
    const result = await this.#channel.request(
      { op: 'line', name: this.name, pattern: source, flags, offset, timeoutMs },
      timeoutMs,
    );
    this.#offset = result.offset;
    if (result.line !== undefined) return result.line;
    throw new Error(`${this.name} printed no line like ${pattern} within ${timeoutMs} ms`);
  }

  /** Types into its terminal, or writes to its input if it is `piped`. */
  async input(bytes: Buffer): Promise<void> {
    const base64 = bytes.toString('base64');
    await this.#channel.request({ op: 'input', name: this.name, base64 });
  }
}
