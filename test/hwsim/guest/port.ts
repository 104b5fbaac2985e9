/**
 * The runner's end of the virtio-serial port. The kernel's driver lets a port be opened once, and
 * its read gives 0 bytes when the other side is gone: that is how the machine learns that the
 * program which started it has ended, however it ended. The read blocks a thread until then, so
 * the runner can end only after the other side has gone.
 */
import {
  createReadStream,
  createWriteStream,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuestLine, LineSplitter, PORT_NAME, type RequestLine } from '../protocol.ts';

export interface GuestPort {
  send(line: GuestLine): void;
}

const CLASS_FOLDER = '/sys/class/virtio-ports';
const OPEN_TIMEOUT_MS = 20_000;

/**
 * @throws Error when there is no such port after 20 s.
 */
export async function openPort(
  onRequest: (line: RequestLine) => void,
  onGone: () => void,
): Promise<GuestPort> {
  const fd = openSync(await deviceOf(PORT_NAME), 'r+');
  const output = createWriteStream('', { fd, autoClose: false });
  const input = createReadStream('', { fd, autoClose: false });
  const splitter = new LineSplitter();
  input.on('data', (chunk: string | Buffer) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (const line of splitter.push(bytes)) onRequest(JSON.parse(line) as RequestLine);
  });
  input.on('end', onGone);
  input.on('error', onGone);
  output.on('error', onGone);
  return {
    send: (line) => void output.write(`${JSON.stringify(line)}\n`),
  };
}

async function deviceOf(name: string): Promise<string> {
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const ports = existsSync(CLASS_FOLDER) ? readdirSync(CLASS_FOLDER) : [];
    const port = ports.find((entry) => {
      return readFileSync(`${CLASS_FOLDER}/${entry}/name`, 'utf8').trim() === name;
    });
    if (port !== undefined && existsSync(`/dev/${port}`)) return `/dev/${port}`;
    await sleep(20);
  }
  throw new Error(`no virtio-serial port ${name}`);
}
