/**
 * A netlink socket: requests with their answers, and multicast messages. The addon (raw layer of
 * the `netlink` package) is loaded at the first use, so that hosts where it does not load can go on
 * with `iw`; a test gives another `RawSocket` with recorded datagrams.
 *
 * One request is under way at a time: the kernel runs one dump per socket anyway. An interrupted
 * dump (NLM_F_DUMP_INTR) is asked again, a bounded number of times.
 */
import { endianness } from 'node:os';
import { type Fault, failure, fault, type Result, success } from '../fault.ts';
import {
  ANSWER_TIMEOUT_MS,
  MAX_DUMP_ATTEMPTS,
  MAX_DUMP_MESSAGES,
  RECEIVE_BUFFER_BYTES,
} from '../limits.ts';
import { decode } from './attributes.ts';
import {
  ACK,
  type NetlinkMessage,
  REQUEST,
  readMessages,
  readReply,
  refusedFault,
  writeMessage,
} from './message.ts';

export const Protocol = { ROUTE: 0, GENERIC: 16 } as const;

/** The part of the addon's socket that is used. */
export interface RawSocket {
  on(
    event: 'message' | 'truncatedMessage',
    listener: (datagram: Uint8Array, sender: { readonly port: number }) => void,
  ): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  send(datagram: Uint8Array): void;
  addMembership(group: number): void;
  unref(): void;
  close(): void;
}

export type OpenTransport = (protocol: number) => Promise<Result<RawSocket>>;

interface Pending {
  readonly sequence: number;
  readonly subject: string;
  readonly payloads: Uint8Array[];
  readonly settle: (result: Result<readonly Uint8Array[]>) => void;
  interrupted: boolean;
}

type AddonSocket = new (
  protocol: number,
  options: { recvBufferSize: number; sendBufferSize: number },
) => RawSocket;

/** Opens the real thing. Fault: `netlink_unavailable`, with the loader's words. */
export async function openAddon(protocol: number): Promise<Result<RawSocket>> {
  try {
    if (endianness() !== 'LE') throw new Error('big-endian machine');
    const addon: unknown = await import('netlink/dist/raw.js');
    const Socket = (addon as { RawNetlinkSocket: AddonSocket }).RawNetlinkSocket;
    return success(
      new Socket(protocol, { recvBufferSize: RECEIVE_BUFFER_BYTES, sendBufferSize: 0 }),
    );
  } catch (error) {
    const found = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return failure(fault('netlink_unavailable', 'netlink', 'a netlink socket', found));
  }
}

export class NetlinkSocket {
  readonly #transport: RawSocket;
  readonly #onEvent: (message: NetlinkMessage | undefined) => void;
  #pending: Pending | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #sequence = 0;
  #closed = false;

  /** `onEvent` gets each multicast message, and undefined when some were lost. */
  constructor(
    transport: RawSocket,
    onEvent: (message: NetlinkMessage | undefined) => void = () => {},
  ) {
    this.#transport = transport;
    this.#onEvent = onEvent;
    // Any process of this host may send to a netlink port; only port 0 is the kernel.
    transport.on('message', (datagram, { port }) => {
      if (port === 0) this.#receive(datagram);
    });
    transport.on('truncatedMessage', () => this.#lose('truncated message'));
    transport.on('error', (error) => this.#lose(error.message));
    transport.unref();
  }

  /**
   * Sends a request and collects the payloads of its answers. Faults: `netlink_refused`,
   * `interface_missing`, `not_permitted`, `netlink_malformed`, `netlink_timeout`.
   */
  request(
    subject: string,
    type: number,
    flags: number,
    payload: Uint8Array,
  ): Promise<Result<readonly Uint8Array[]>> {
    const turn = this.#queue.then(() => this.#ask(subject, type, flags, payload));
    this.#queue = turn;
    return turn;
  }

  join(group: number): Result<undefined> {
    try {
      this.#transport.addMembership(group);
      return success(undefined);
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      return failure(fault('netlink_refused', `multicast group ${group}`, 'membership', found));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fail(fault('netlink_unavailable', 'netlink', 'an open socket', 'closed'));
    this.#transport.close();
  }

  async #ask(
    subject: string,
    type: number,
    flags: number,
    payload: Uint8Array,
  ): Promise<Result<readonly Uint8Array[]>> {
    for (let attempt = 1; ; attempt++) {
      const { result, interrupted } = await this.#askOnce(subject, type, flags, payload);
      if (!interrupted || !result.ok || attempt === MAX_DUMP_ATTEMPTS) return result;
    }
  }

  #askOnce(
    subject: string,
    type: number,
    flags: number,
    payload: Uint8Array,
  ): Promise<{ result: Result<readonly Uint8Array[]>; interrupted: boolean }> {
    if (this.#closed) {
      const reason = fault('netlink_unavailable', subject, 'an open socket', 'closed');
      return Promise.resolve({ result: failure(reason), interrupted: false });
    }
    const sequence = ++this.#sequence;
    const message = writeMessage(type, flags | REQUEST | ACK, sequence, payload);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const expected = `an answer within ${ANSWER_TIMEOUT_MS} ms`;
        this.#fail(fault('netlink_timeout', subject, expected, 'silence'));
      }, ANSWER_TIMEOUT_MS);
      const pending: Pending = {
        sequence,
        subject,
        payloads: [],
        interrupted: false,
        settle: (result) => {
          clearTimeout(timer);
          resolve({ result, interrupted: pending.interrupted });
        },
      };
      this.#pending = pending;
      try {
        this.#transport.send(message);
      } catch (error) {
        const found = error instanceof Error ? error.message : String(error);
        this.#fail(fault('netlink_refused', subject, 'a sent request', found));
      }
    });
  }

  #receive(datagram: Uint8Array): void {
    const messages = decode('netlink', () => readMessages(datagram));
    if (!messages.ok) {
      this.#lose(messages.fault.found);
      return;
    }
    for (const message of messages.value) {
      const pending = this.#pending;
      if (message.sequence === 0) this.#onEvent(message);
      else if (message.sequence === pending?.sequence) this.#answer(pending, message);
      // Anything else is the late answer to a request that has timed out.
    }
  }

  #answer(pending: Pending, message: NetlinkMessage): void {
    const reply = decode(pending.subject, () => readReply(message));
    if (!reply.ok) {
      this.#fail(reply.fault);
      return;
    }
    switch (reply.value.kind) {
      case 'data':
        pending.interrupted ||= reply.value.interrupted;
        pending.payloads.push(message.payload);
        if (pending.payloads.length > MAX_DUMP_MESSAGES) {
          const expected = `at most ${MAX_DUMP_MESSAGES} messages`;
          this.#fail(fault('netlink_malformed', pending.subject, expected, 'more'));
        }
        return;
      case 'end':
        this.#settle(success(pending.payloads));
        return;
      case 'refused':
        this.#fail(refusedFault(pending.subject, reply.value.errno, reply.value.text));
        return;
    }
  }

  #lose(words: string): void {
    this.#fail(fault('netlink_malformed', 'netlink', 'a readable message', words));
    this.#onEvent(undefined);
  }

  #fail(reason: Fault): void {
    this.#settle(failure(reason));
  }

  #settle(result: Result<readonly Uint8Array[]>): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle(result);
  }
}
