/**
 * The host's end of the virtio-serial port: requests with their answers, and events. Every request
 * has a time after which it fails, and all fail at once when the machine is gone.
 */
import type { Socket } from 'node:net';
import { afterPatience } from '../support/patience.ts';
import { type GuestLine, LineSplitter, type Request, type Results } from './protocol.ts';

/** The runner refused, or did not answer in time, or the machine is gone. */
export class ChannelError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export type GuestEvent = Extract<GuestLine, { readonly event: string }>;

interface Waiting {
  readonly op: string;
  /** Ends the wait for it. */
  callOff(): void;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * How long an answer is waited for, in the host's time, from how long the work may take in the
 * machine's: an emulated processor on a busy host can be that much slower. Only a machine that
 * hangs makes anybody wait so long; one that ends says so.
 */
export function patienceMs(workMs: number): number {
  return 300_000 + 10 * workMs;
}

export class Channel {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: GuestEvent) => void>();
  #nextId = 1;
  #gone: ChannelError | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const splitter = new LineSplitter();
    socket.on('data', (chunk) => {
      for (const line of splitter.push(chunk)) this.#receive(JSON.parse(line) as GuestLine);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.fail('the machine has closed its port'));
  }

  /**
   * @param workMs how long the work itself may take, in the machine's time
   * @throws ChannelError
   */
  request<R extends Request>(request: R, workMs = 30_000): Promise<Results[R['op']]> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) {
        reject(this.#gone);
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      const callOff = afterPatience(() => {
        this.#waiting.delete(id);
        reject(
          new ChannelError('NO_ANSWER', `no answer to ${request.op}, which may take ${workMs} ms`),
        );
      }, patienceMs(workMs));
      this.#waiting.set(id, {
        op: request.op,
        callOff,
        resolve: (value) => resolve(value as Results[R['op']]),
        reject,
      });
      this.#socket.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  /** @returns a function that stops it. */
  onEvent(listener: (event: GuestEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends all that waits, and refuses what comes later. */
  fail(reason: string): void {
    this.#gone ??= new ChannelError('MACHINE_GONE', reason);
    for (const { op, callOff, reject } of this.#waiting.values()) {
      callOff();
      reject(new ChannelError('MACHINE_GONE', `${op}: ${reason}`));
    }
    this.#waiting.clear();
    this.#socket.destroy();
  }

  #receive(line: GuestLine): void {
    if ('event' in line) {
      for (const listener of this.#listeners) listener(line);
      return;
    }
    const waiting = this.#waiting.get(line.id);
    if (waiting === undefined) return;
    this.#waiting.delete(line.id);
    waiting.callOff();
    if ('error' in line) {
      const { code, message } = line.error;
      waiting.reject(new ChannelError(code, `${waiting.op}: ${message}`));
    } else {
      waiting.resolve(line.value);
    }
  }
}
