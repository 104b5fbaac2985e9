/**
 * (g) What a stream costs over TCP and over datagrams: two nodes in this process, over loopback,
 * TLS included. Throughput with frames of the largest size, and small frames echoed one at a time.
 */
import process from 'node:process';
import { MAX_FRAME_BYTES } from '../../agent/core/base/limits.ts';
import type { Transport } from '../../agent/shell/net/transport.ts';
import { identityOf, memberOf, onlyLink, startNode } from '../shell/net/harness.ts';
import { until } from '../support/wait.ts';
import type { Figure } from './machine.ts';

const BULK_FRAMES = 1_000;
/** Below what a link lets wait for a slow reader. */
const IN_FLIGHT = 32;
const ECHOES = 2_000;

export async function streams(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const transport of ['tcp', 'datagram'] as const) figures.push(...(await one(transport)));
  return figures;
}

async function one(transport: Transport): Promise<Figure[]> {
  const [alice, bob] = [identityOf(1), identityOf(2)];
  const members = [memberOf(alice, 'alice'), memberOf(bob, 'bob')];
  let onAnswer: () => void = () => undefined;
  const a = await startNode(alice, {
    members,
    transport,
    emit(event) {
      if (event.kind === 'frame') {
        const bytes = event.bytes.subarray(0, 100);
        a.links.send({ link: event.link, bytes });
      }
      return true;
    },
  });
  const wanted = [{ ...a.at(), key: alice.publicKey }];
  const b = await startNode(bob, {
    members,
    transport,
    wanted,
    emit(event) {
      if (event.kind === 'frame') onAnswer();
      return true;
    },
  });
  await until(() => a.up().length === 1 && b.up().length === 1, 'a link');
  const link = onlyLink(b);

  /** Sends frames with so many in flight; milliseconds, and those of the processor. */
  function exchange(
    count: number,
    bytes: Uint8Array,
    inFlight: number,
  ): Promise<readonly [number, number]> {
    return new Promise((resolve) => {
      const begun = performance.now();
      const before = process.cpuUsage();
      let sent = 0;
      let answered = 0;
      const send = (): void => {
        if (sent >= count) return;
        sent += 1;
        b.links.send({ link, bytes });
      };
      onAnswer = () => {
        answered += 1;
        if (answered < count) return send();
        const { user, system } = process.cpuUsage(before);
        resolve([performance.now() - begun, (user + system) / 1_000]);
      };
      for (let i = 0; i < inFlight; i++) send();
    });
  }

  const [bulkMs, bulkCpuMs] = await exchange(
    BULK_FRAMES,
    new Uint8Array(MAX_FRAME_BYTES),
    IN_FLIGHT,
  );
  const [echoMs, echoCpuMs] = await exchange(ECHOES, new Uint8Array(300), 1);
  await Promise.all([a.stop(), b.stop()]);
  const megabytes = (BULK_FRAMES * MAX_FRAME_BYTES) / 1e6;
  return [
    { what: `${transport}: throughput`, value: (1_000 * megabytes) / bulkMs, unit: 'MB/s' },
    { what: `${transport}: processor, both ends`, value: bulkCpuMs / megabytes, unit: 'ms/MB' },
    { what: `${transport}: round trip of 300 B`, value: (1_000 * echoMs) / ECHOES, unit: 'us' },
    { what: `${transport}: processor of it`, value: (1_000 * echoCpuMs) / ECHOES, unit: 'us' },
  ];
}
