/**
 * What the host and the runner inside the virtual machine say to each other: one JSON object per
 * line over one virtio-serial port. The host sends requests; the runner answers each by its id and
 * may send events at any time. Both sides compile this file, so a word is defined once.
 */

/** The name of the virtio-serial port, as it stands in /sys/class/virtio-ports/.../name. */
export const PORT_NAME = 'org.meshpay.hwsim';

/** Lines longer than this end the session: nothing that is said needs more. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** The most that one `exec` returns of each output; the rest is dropped and said so. */
export const MAX_OUTPUT_BYTES = 1024 * 1024;

/** The piece of a file that one `read` or `write` carries. */
export const FILE_PIECE_BYTES = 512 * 1024;

/** A process log that grows past this is emptied: logs lie in the memory of the machine. */
export const MAX_LOG_BYTES = 16 * 1024 * 1024;

/** Where the runner keeps its files inside the virtual machine (memory, gone at power-off). */
export const GUEST_ROOT = '/run/hwsim';

/** The namespace of radio `index`; -1 means the machine's first namespace. */
export type Place = number;

/** The place outside all radios: the virtual medium's monitor interface `hwsim0` lives there. */
export const OUTSIDE: Place = -1;

export interface ExecRequest {
  readonly op: 'exec';
  readonly place: Place;
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface SpawnRequest {
  readonly op: 'spawn';
  readonly place: Place;
  /** Names the log; unique in the world. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** With a terminal its output comes as `output` events instead of going to the log. */
  readonly terminal?: { readonly rows: number; readonly columns: number };
  /**
   * Its input stays open for `input`, its output comes as events, and only its errors are logged.
   */
  readonly piped?: boolean;
}

export type Request =
  | { readonly op: 'setup'; readonly radios: number; readonly country: string }
  | { readonly op: 'masks'; readonly writes: readonly MaskWrite[] }
  /** Writes the masks and kills all programs of a place; answered with the time just before. */
  | { readonly op: 'perish'; readonly place: Place; readonly writes: readonly MaskWrite[] }
  /** The machine's monotonic clock in milliseconds, the same for all its programs. */
  | { readonly op: 'clock' }
  | { readonly op: 'sleep'; readonly timeMs: number }
  | ExecRequest
  | SpawnRequest
  | { readonly op: 'wait'; readonly name: string; readonly timeoutMs: number }
  | { readonly op: 'kill'; readonly name: string; readonly signal: string }
  | { readonly op: 'input'; readonly name: string; readonly base64: string }
  | {
      readonly op: 'line';
      readonly name: string;
      readonly pattern: string;
      readonly flags: string;
      readonly offset: number;
      readonly timeoutMs: number;
    }
  | { readonly op: 'tails'; readonly lines: number }
  | { readonly op: 'read'; readonly path: string; readonly offset: number }
  | { readonly op: 'write'; readonly path: string; readonly base64: string; readonly mode: number }
  | { readonly op: 'append'; readonly path: string; readonly base64: string }
  | { readonly op: 'off' };

/** One write of a radio's group mask; written in the order of the list. */
export interface MaskWrite {
  readonly radio: number;
  /** Hexadecimal with 0x, up to 64 bits. */
  readonly mask: string;
}

export interface ExecResult {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly truncated: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExitResult {
  readonly running: boolean;
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

export interface LineResult {
  /** The line that matched, or undefined when the time was up or the process has ended. */
  readonly line: string | undefined;
  /** Where to go on reading. */
  readonly offset: number;
}

export interface RadioInfo {
  readonly radio: number;
  readonly phy: string;
  readonly mac: string;
}

export interface SetupResult {
  readonly radios: readonly RadioInfo[];
  readonly kernel: string;
}

export interface Tail {
  readonly name: string;
  readonly running: boolean;
  readonly ended: string;
  readonly lines: readonly string[];
}

export interface ReadResult {
  readonly base64: string;
  readonly sizeBytes: number;
}

/** What each request is answered with. */
export interface Results {
  readonly setup: SetupResult;
  readonly masks: null;
  readonly perish: number;
  readonly clock: number;
  readonly sleep: null;
  readonly exec: ExecResult;
  readonly spawn: { readonly pid: number };
  readonly wait: ExitResult;
  readonly kill: null;
  readonly input: null;
  readonly line: LineResult;
  readonly tails: readonly Tail[];
  readonly read: ReadResult;
  readonly write: null;
  readonly append: null;
  readonly off: null;
}

export type RequestLine = Request & { readonly id: number };

export type GuestLine =
  | { readonly event: 'ready'; readonly uptimeMs: number; readonly kernel: string }
  | { readonly event: 'output'; readonly name: string; readonly base64: string }
  | { readonly event: 'exit'; readonly name: string; readonly exit: ExitResult }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

/** Cuts a byte stream into lines. `push` gives the complete lines that `chunk` has finished. */
export class LineSplitter {
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** @throws RangeError when a line grows past MAX_LINE_BYTES. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      if (end < 0) break;
      lines.push(Buffer.concat([...this.#rest, chunk.subarray(start, end)]).toString('utf8'));
      this.#rest = [];
      this.#restBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#rest.push(Buffer.from(chunk.subarray(start)));
      this.#restBytes += chunk.length - start;
      if (this.#restBytes > MAX_LINE_BYTES) throw new RangeError('a line is longer than allowed');
    }
    return lines;
  }
}
