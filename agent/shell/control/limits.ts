/** Bounds of the control socket. It serves people on this machine, so it may be generous. */
import { invariant } from '../../core/base/assert.ts';

/** Bytes of one request, and of one answer or event. */
export const MAX_CONTROL_REQUEST_BYTES = 65_536;
export const MAX_CONTROL_REPLY_BYTES = 4 * 1024 * 1024;
/** Connections at a time, and requests of one of them that are not answered yet. */
export const MAX_CONTROL_CLIENTS = 16;
export const MAX_CONTROL_REQUESTS = 16;
/** Bytes that wait for one client to read them; above it, the client is cut off. */
export const MAX_CONTROL_QUEUED_BYTES = 1024 * 1024;
/** How long a connection may stay open with nothing asked. */
export const CONTROL_IDLE_MS = 600_000;
/** How long a client waits for an answer, if it does not say otherwise. */
export const CONTROL_ANSWER_MS = 30_000;
/** How long `account` waits for authorities to answer. */
export const ACCOUNT_QUERY_MS = 3_000;

invariant(ACCOUNT_QUERY_MS < CONTROL_ANSWER_MS, 'an answer comes before the client gives up');
