/**
 * The client's side of the control API (api.ts), as the command line uses it. Every failure is a
 * ControlError with a code of errors.ts: the daemon's own, or `no_daemon`, `no_permission`,
 * `no_answer`, `connection_lost`.
 */
import { connect, type Socket } from 'node:net';
import type { ControlMethod, ControlReply, EventOf, ParamsOf, ResultOf } from './api.ts';
import { ControlError, controlError } from './errors.ts';
import { CONTROL_ANSWER_MS, MAX_CONTROL_REPLY_BYTES } from './limits.ts';
import { createLineCutter } from './lines.ts';

interface RequestOptions<M extends ControlMethod> {
  /** Takes what a streaming method sends before its answer. */
  readonly onEvent?: (event: EventOf<M>) => void;
  /** For how long nothing may come, 0: for ever. Default 30 s, and 0 with `onEvent`. */
  readonly silenceMs?: number;
}

type RequestRest<M extends ControlMethod> =
  Record<never, never> extends ParamsOf<M>
    ? [params?: ParamsOf<M>, options?: RequestOptions<M>]
    : [params: ParamsOf<M>, options?: RequestOptions<M>];

export interface ControlClient {
  /** Asks and waits for the answer. Rejects with a ControlError. */
  request<M extends ControlMethod>(method: M, ...rest: RequestRest<M>): Promise<ResultOf<M>>;
  /** Hangs up; what is still waited for is rejected as `connection_lost`. */
  close(): void;
}

/** A request that waits for its answer. */
interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ControlError) => void;
  readonly onEvent: ((event: never) => void) | undefined;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Connects to the daemon at `socketPath`. Rejects with `no_daemon` or `no_permission`. */
export function connectControl(socketPath: string): Promise<ControlClient> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const refused = (error: NodeJS.ErrnoException): void => {
      const code = error.code === 'EACCES' ? 'no_permission' : 'no_daemon';
      const expected = code === 'no_daemon' ? 'a running meshpayd' : 'a member of its group';
      const found = error.code ?? error.message;
      reject(controlError(code, { field: `socket ${socketPath}`, expected, found }));
    };
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      resolve(serve(socket));
    });
  });
}

/** Asks one thing over a connection of its own. */
export async function askControl<M extends ControlMethod>(
  socketPath: string,
  method: M,
  ...rest: RequestRest<M>
): Promise<ResultOf<M>> {
  const client = await connectControl(socketPath);
  try {
    return await client.request(method, ...rest);
  } finally {
    client.close();
  }
}

function serve(socket: Socket): ControlClient {
  const waiting = new Map<number, Waiting>();
  const cut = createLineCutter(MAX_CONTROL_REPLY_BYTES);
  let lastId = 0;
  let lost: ControlError | undefined;

  const lose = (error: ControlError): void => {
    lost ??= error;
    socket.destroy();
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(lost);
    }
    waiting.clear();
  };
  const take = (reply: ControlReply): void => {
    // An error without id concerns the connection: too many clients, say.
    if (reply.id === null) {
      lose(new ControlError(reply.error));
      return;
    }
    const request = waiting.get(reply.id);
    if (request === undefined) return;
    request.timer?.refresh();
    if ('event' in reply) {
      request.onEvent?.(reply.event as never);
      return;
    }
    waiting.delete(reply.id);
    clearTimeout(request.timer);
    if ('error' in reply) request.reject(new ControlError(reply.error));
    else request.resolve(reply.result);
  };

  socket.on('data', (piece) => {
    const lines = cut(piece);
    const replies = lines === 'too_long' ? [undefined] : lines.map(readReply);
    for (const reply of replies) {
      if (reply === undefined)
        lose(controlError('connection_lost', { found: 'no answer of ours' }));
      else take(reply);
    }
  });
  socket.on('error', () => lose(controlError('connection_lost')));
  socket.on('close', () => lose(controlError('connection_lost')));

  return {
    request: <M extends ControlMethod>(method: M, ...rest: RequestRest<M>) =>
      new Promise<ResultOf<M>>((resolve, reject) => {
        if (lost !== undefined) return reject(lost);
        const [params = {}, options = {}] = rest;
        const { onEvent, silenceMs = onEvent === undefined ? CONTROL_ANSWER_MS : 0 } = options;
        const id = ++lastId;
        const giveUp = (): void => {
          waiting.delete(id);
          const found = `nothing within ${silenceMs} ms`;
          reject(controlError('no_answer', { field: method, expected: 'an answer', found }));
        };
        const timer = silenceMs === 0 ? undefined : setTimeout(giveUp, silenceMs);
        waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, onEvent, timer });
        socket.write(`${JSON.stringify({ id, method, params })}\n`);
      }),
    close: () => lose(controlError('connection_lost', {}, 'closed by this side')),
  };
}

/** A line of the daemon; undefined for what no daemon of ours sends. */
function readReply(line: string): ControlReply | undefined {
  try {
    const reply: unknown = JSON.parse(line);
    return typeof reply === 'object' && reply !== null && 'id' in reply
      ? (reply as ControlReply)
      : undefined;
  } catch {
    return undefined;
  }
}
