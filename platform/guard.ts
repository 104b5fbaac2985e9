/**
 * Watches the neighbours of a mesh and acts on the verdicts of liveness.ts: looks at the stations
 * at a steady pace, forgets the dead, resets those that return, and asks for a revival of the radio
 * when nobody is heard any more (silence.ts). Needs CAP_NET_ADMIN, and the events of the platform,
 * which `Reconciler.start` hands on.
 */
import type { Fault, Result } from './fault.ts';
import { LOOK_INTERVAL_MS, MAX_CANDIDATES } from './limits.ts';
import {
  judge,
  type Liveness,
  type LivenessSettings,
  type LivenessVerdict,
  NOTHING_KNOWN,
} from './liveness.ts';
import type { Platform, Revival } from './platform.ts';
import type { RadioEvent, Watch } from './radio.ts';
import type { Scheduler } from './reconcile.ts';
import { isDeaf, listen, NEVER_HEARD, type Silence } from './silence.ts';

export interface GuardReport {
  readonly verdict: LivenessVerdict;
  /** Why the act that it asks for failed. */
  readonly fault: Fault | undefined;
}

export interface GuardParts {
  readonly platform: Pick<Platform<unknown>, 'stations' | 'forgetStation' | 'resetPeering'>;
  readonly interfaceName: string;
  readonly liveness: LivenessSettings;
  readonly scheduler: Scheduler;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  readonly report: (report: GuardReport) => void;
  readonly revive: (what: Revival) => void;
}

export class NeighbourGuard implements Watch {
  readonly #parts: GuardParts;
  readonly #candidates = new Set<string>();
  #liveness: Liveness = NOTHING_KNOWN;
  #silence: Silence = NEVER_HEARD;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#closed) return;
    this.#cancel = this.#parts.scheduler.after(LOOK_INTERVAL_MS, () => {
      void this.look().finally(() => this.start());
    });
  }

  /** Neighbours were heard, none is any more, and what can be done about it was done. */
  get isDeaf(): boolean {
    return isDeaf(this.#silence);
  }

  /** Peer candidates are how a forgotten neighbour announces its return. */
  onEvent(event: RadioEvent): void {
    if (event.kind !== 'peer_candidate' || this.#candidates.size >= MAX_CANDIDATES) return;
    if (event.interfaceName === this.#parts.interfaceName) this.#candidates.add(event.address);
  }

  /** One look, with the acts that it leads to. While there is no interface nothing is judged. */
  async look(): Promise<void> {
    const { platform, interfaceName, liveness, nowMs, report, revive } = this.#parts;
    const stations = await platform.stations(interfaceName);
    if (!stations.ok || this.#closed) return;
    const candidates = [...this.#candidates];
    this.#candidates.clear();
    const observation = { stations: stations.value, candidates };
    const judged = judge(liveness, this.#liveness, nowMs(), observation);
    this.#liveness = judged.liveness;
    const { silence, revival } = listen(this.#silence, nowMs(), stations.value);
    this.#silence = silence;
    if (revival !== undefined) revive(revival);
    for (const verdict of judged.verdicts) {
      const result = await this.#act(verdict);
      report({ verdict, fault: result === undefined || result.ok ? undefined : result.fault });
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #act({ act, address }: LivenessVerdict): Promise<Result<undefined>> | undefined {
    const { platform, interfaceName } = this.#parts;
    switch (act) {
      case 'forget':
        return platform.forgetStation(interfaceName, address);
      case 'reset_peering':
        return platform.resetPeering(interfaceName, address);
      case undefined:
        return undefined;
    }
  }
}
