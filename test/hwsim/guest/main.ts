/**
 * The runner inside the virtual machine: does what the host asks, request by request, until the
 * host is gone (`off` only stops the programs). The boot script powers off when the runner ends.
 */
import {
  appendFileSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FILE_PIECE_BYTES, type ReadResult, type Request, type RequestLine } from '../protocol.ts';
import { monotonicMs } from './clock.ts';
import { GuestError } from './errors.ts';
import { type GuestPort, openPort } from './port.ts';
import { Programs } from './programs.ts';
import { perish, setMasks, setUpRadios } from './radios.ts';

/** What programs get to end by themselves before the power goes. */
const STOP_GRACE_MS = 1_500;

const port: GuestPort = await openPort(
  (line) => void serve(line),
  () => process.exit(0),
);
const programs = new Programs((line) => port.send(line));
port.send({ event: 'ready', uptimeMs: Math.round(uptimeMs()), kernel: release() });

async function serve(line: RequestLine): Promise<void> {
  const { id } = line;
  try {
    port.send({ id, value: (await handle(line)) ?? null });
  } catch (error) {
    const code = error instanceof GuestError ? error.code : 'RUNNER_FAILED';
    const message = error instanceof Error ? error.message : String(error);
    port.send({ id, error: { code, message } });
  }
}

function handle(request: Request): unknown {
  switch (request.op) {
    case 'setup':
      return setUpRadios(request.radios, request.country);
    case 'masks':
      return setMasks(request.writes);
    case 'perish':
      return perish(request.place, request.writes);
    case 'clock':
      return monotonicMs();
    case 'sleep':
      return sleep(request.timeMs);
    case 'exec':
      return programs.exec(request);
    case 'spawn':
      return programs.spawn(request);
    case 'wait':
      return programs.wait(request.name, request.timeoutMs);
    case 'kill':
      return programs.kill(request.name, request.signal);
    case 'input':
      return programs.input(request.name, Buffer.from(request.base64, 'base64'));
    case 'line': {
      const pattern = new RegExp(request.pattern, request.flags);
      return programs.line(request.name, pattern, request.offset, request.timeoutMs);
    }
    case 'tails':
      return programs.tails(request.lines);
    case 'read':
      return readPiece(request.path, request.offset);
    case 'write':
      mkdirSync(dirname(request.path), { recursive: true });
      return writeFileSync(request.path, Buffer.from(request.base64, 'base64'), {
        mode: request.mode,
      });
    case 'append':
      return appendFileSync(request.path, Buffer.from(request.base64, 'base64'));
    case 'off':
      return programs.stopAll(STOP_GRACE_MS);
  }
}

function readPiece(path: string, offset: number): ReadResult {
  const file = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(FILE_PIECE_BYTES);
    const bytes = readSync(file, piece, 0, piece.length, offset);
    return { base64: piece.toString('base64', 0, bytes), sizeBytes: fstatSync(file).size };
  } finally {
    closeSync(file);
  }
}

function uptimeMs(): number {
  const text = Buffer.alloc(64);
  const file = openSync('/proc/uptime', 'r');
  const bytes = readSync(file, text);
  closeSync(file);
  return Number.parseFloat(text.toString('utf8', 0, bytes)) * 1000;
}
