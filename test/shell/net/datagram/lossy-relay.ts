/**
 * A UDP relay on loopback between one listening address and those who dial it, which loses, doubles
 * and delays packets as it is told: the fault injector for real sockets.
 */
import { createSocket, type Socket } from 'node:dgram';
import { seeded, type Weather } from './simulated.ts';

export interface LossyRelay {
  readonly port: number;
  weather: Weather;
  /** What came to it, from either side, lost or not. */
  passed(): readonly Buffer[];
  close(): void;
}

export async function lossyRelay(
  to: number,
  weather: Weather,
  seed = 1,
  port = 0,
): Promise<LossyRelay> {
  const random = seeded(seed);
  const front = createSocket('udp4');
  const backs = new Map<number, Socket>();
  const passed: Buffer[] = [];
  let closed = false;
  await new Promise<void>((resolve) => front.bind(port, '127.0.0.1', resolve));
  const relay: LossyRelay = {
    port: front.address().port,
    weather,
    passed: () => passed,
    close() {
      closed = true;
      front.close();
      for (const back of backs.values()) back.close();
    },
  };

  function pass(bytes: Buffer, send: () => void): void {
    passed.push(bytes);
    const { loss, duplicates = 0, delayMs = 0, jitterMs = 0 } = relay.weather;
    for (let copies = random() < duplicates ? 2 : 1; copies > 0; copies--) {
      if (random() < loss) continue;
      setTimeout(() => closed || send(), delayMs + random() * jitterMs);
    }
  }

  front.on('message', (bytes, from) => {
    let back = backs.get(from.port);
    if (back === undefined) {
      back = createSocket('udp4');
      backs.set(from.port, back);
      back.on('message', (answer) =>
        pass(answer, () => front.send(answer, from.port, from.address)),
      );
      back.on('error', () => undefined);
    }
    const there = back;
    pass(bytes, () => there.send(bytes, to, '127.0.0.1'));
  });
  return relay;
}
