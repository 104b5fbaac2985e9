/**
 * The daemon's side of the control API (api.ts): a Unix socket with bounds on everything that a
 * client can make it hold. Whatever comes over it, the answer is a code; a fault in a method is
 * reported to `onFault` and answered as `internal`.
 */
import { createServer, type Socket } from 'node:net';
import { refusal } from '../../core/base/refusal.ts';
import type { ControlMethod, ControlReply, EventOf, ParamsOf, ResultOf } from './api.ts';
import { ControlError, controlError, refusalError } from './errors.ts';
import {
  CONTROL_IDLE_MS,
  MAX_CONTROL_CLIENTS,
  MAX_CONTROL_QUEUED_BYTES,
  MAX_CONTROL_REQUEST_BYTES,
  MAX_CONTROL_REQUESTS,
} from './limits.ts';
import { createLineCutter } from './lines.ts';
import { isMethod, methodNames, readParams } from './params.ts';
import { listenAt } from './socket-file.ts';

/** What a method has besides its parameters. */
export interface ControlCall<M extends ControlMethod> {
  /** Sends one event of a stream. */
  emit(event: EventOf<M>): void;
  /** Aborted when the client is gone or the server closes. */
  readonly ended: AbortSignal;
}

/** The methods: each answers, or throws a ControlError. */
export type ControlHandlers = {
  readonly [M in ControlMethod]: (
    params: ParamsOf<M>,
    call: ControlCall<M>,
  ) => ResultOf<M> | Promise<ResultOf<M>>;
};

export interface ControlServer {
  /** Ends all streams, lets answers out for a moment, and removes the socket. */
  close(): Promise<void>;
}

/** Serves `handlers` at the Unix socket `path`. Rejects with the error of listen(2). */
export async function startControlServer(setup: {
  readonly path: string;
  readonly groupId: number | undefined;
  readonly handlers: ControlHandlers;
  readonly onFault: (error: unknown, method: string) => void;
}): Promise<ControlServer> {
  const clients = new Set<Client>();
  const server = createServer((socket) => {
    if (clients.size >= MAX_CONTROL_CLIENTS) {
      socket.on('error', () => {});
      hangUp(socket, reply({ id: null, error: controlError('too_many_clients').view }));
      return;
    }
    const client = serveClient(socket, setup.handlers, setup.onFault);
    clients.add(client);
    socket.once('close', () => clients.delete(client));
  });
  await listenAt(server, setup.path, setup.groupId);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.end();
      }),
  };
}

const HANG_UP_MS = 500;

interface Client {
  end(): void;
}

type OnFault = (error: unknown, method: string) => void;

function serveClient(socket: Socket, handlers: ControlHandlers, onFault: OnFault): Client {
  const ended = new AbortController();
  const cut = createLineCutter(MAX_CONTROL_REQUEST_BYTES);
  let underWay = 0;

  const send = (message: ControlReply): void => {
    if (socket.destroyed || socket.writableEnded) return;
    socket.write(reply(message));
    // A reader as slow as this is not reading; nothing more could be told to it.
    if (socket.writableLength > MAX_CONTROL_QUEUED_BYTES) socket.destroy();
  };
  const answer = async (line: string): Promise<void> => {
    const request = readRequest(line);
    const { id } = request;
    if ('error' in request) return send(errorReply(id, request.error));
    underWay++;
    try {
      if (underWay > MAX_CONTROL_REQUESTS) throw refusalError(refusal('overloaded'));
      const result = await carryOut(request, request.id);
      send({ id: request.id, result });
    } catch (error) {
      const known = error instanceof ControlError;
      if (!known) onFault(error, request.method);
      send(errorReply(id, known ? error : controlError('internal')));
    } finally {
      underWay--;
    }
  };
  const carryOut = <M extends ControlMethod>(
    { method, params }: { method: M; params: unknown },
    id: number,
  ): ResultOf<M> | Promise<ResultOf<M>> => {
    const emit = (event: EventOf<M>): void => send({ id, event });
    return handlers[method](readParams(method, params), { emit, ended: ended.signal });
  };

  socket.setTimeout(CONTROL_IDLE_MS, () => {
    if (underWay === 0) socket.end();
  });
  socket.on('error', () => {});
  socket.once('close', () => ended.abort());
  socket.on('data', (piece) => {
    const lines = cut(piece);
    if (lines === 'too_long') {
      const expected = `at most ${MAX_CONTROL_REQUEST_BYTES} bytes`;
      hangUp(socket, reply(errorReply(null, controlError('request_too_long', { expected }))));
      return;
    }
    for (const line of lines) void answer(line);
  });
  return {
    end: () => {
      ended.abort();
      // Answers to the streams that just ended are made in the turns before this one.
      setImmediate(() => hangUp(socket));
    },
  };
}

/** Says a last word, hears nothing more, and does not wait long for the other side to end. */
function hangUp(socket: Socket, lastWord = ''): void {
  socket.removeAllListeners('data');
  socket.resume();
  socket.end(lastWord);
  setTimeout(() => socket.destroy(), HANG_UP_MS).unref();
}

/** A line that asks for something. */
interface ReadRequest {
  readonly id: number;
  readonly method: ControlMethod;
  readonly params: unknown;
}

/** A line that does not, with the id that it names if it names one. */
interface UnreadRequest {
  readonly id: number | null;
  readonly error: ControlError;
}

function readRequest(line: string): ReadRequest | UnreadRequest {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { id: null, error: controlError('bad_request', { expected: 'a line of JSON' }) };
  }
  const { id, method, params } = (request ?? {}) as Record<string, unknown>;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) {
    const detail = { field: 'id', expected: 'a whole number' };
    return { id: null, error: controlError('bad_request', detail) };
  }
  if (!isMethod(method)) {
    const found = typeof method === 'string' ? `"${method.slice(0, 40)}"` : typeof method;
    const detail = { field: 'method', expected: methodNames().join(', '), found };
    return { id, error: controlError('unknown_method', detail) };
  }
  return { id, method, params };
}

function errorReply(id: number | null, error: ControlError): ControlReply {
  return { id, error: error.view } as ControlReply;
}

function reply(message: ControlReply): string {
  return `${JSON.stringify(message)}\n`;
}
