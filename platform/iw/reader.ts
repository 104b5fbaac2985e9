/**
 * The radios of this host through the program `iw`, and its links through files of the kernel: for
 * hosts where no netlink addon loads (musl on ARM, that is OpenWrt). The same answers, slower; link
 * and address events show only as the radio events that go with them.
 */
import { failure, fault, type Result, success } from '../fault.ts';
import { keepFollowing } from '../follow.ts';
import type { MeshParameters } from '../mesh-parameters.ts';
import type {
  MeshPath,
  NetworkInterface,
  Phy,
  RadioEvent,
  RadioInterface,
  RadioReader,
  RegulatoryDomain,
  Station,
  Watch,
} from '../radio.ts';
import type { Runner } from '../runner.ts';
import { readLinks } from './links.ts';
import {
  parseDomains,
  parseInterfaces,
  parseMeshParameters,
  parsePaths,
  parseStations,
} from './parse.ts';
import { parseEvent } from './parse-event.ts';
import { parsePhys } from './parse-phy.ts';

export class IwReader implements RadioReader {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  async phys(): Promise<Result<readonly Phy[]>> {
    const text = await this.#text('iw', 'phy');
    return text.ok ? parsePhys(text.value) : text;
  }

  async interfaces(): Promise<Result<readonly RadioInterface[]>> {
    return map(await this.#text('iw', 'dev'), parseInterfaces);
  }

  async regulatory(): Promise<Result<readonly RegulatoryDomain[]>> {
    return map(await this.#text('iw', 'reg', 'get'), parseDomains);
  }

  async links(): Promise<Result<readonly NetworkInterface[]>> {
    return success(await readLinks(this.#runner));
  }

  async stations(interfaceName: string): Promise<Result<readonly Station[]>> {
    const text = await this.#text('iw', 'dev', interfaceName, 'station', 'dump');
    return text.ok ? parseStations(text.value) : text;
  }

  async paths(interfaceName: string): Promise<Result<readonly MeshPath[]>> {
    const text = await this.#text('iw', 'dev', interfaceName, 'mpath', 'dump');
    return text.ok ? parsePaths(text.value) : text;
  }

  async meshParameters(interfaceName: string): Promise<Result<MeshParameters>> {
    const text = await this.#text('iw', 'dev', interfaceName, 'mesh_param', 'dump');
    return text.ok ? parseMeshParameters(text.value) : text;
  }

  async watch(listener: (event: RadioEvent) => void): Promise<Result<Watch>> {
    const version = await this.#text('iw', '--version');
    if (!version.ok) return version;
    const onLine = (line: string) => {
      const event = parseEvent(line);
      if (event !== undefined) listener(event);
    };
    const onGap = () => listener({ kind: 'lost' });
    return success(keepFollowing(this.#runner, ['iw', 'event'], onLine, onGap));
  }

  async removeStation(interfaceName: string, address: string): Promise<Result<undefined>> {
    const text = await this.#text('iw', 'dev', interfaceName, 'station', 'del', address);
    return text.ok ? success(undefined) : text;
  }

  close(): void {
    // Every question is a process of its own: nothing stays open.
  }

  async #text(...argv: readonly [string, ...string[]]): Promise<Result<string>> {
    const output = await this.#runner.output(argv);
    if (!output.ok) return output;
    const { status, stdout, stderr } = output.value;
    if (status === 0) return success(stdout);
    const field = argv[0] === 'iw' && argv[1] === 'dev' ? (argv[2] ?? 'iw dev') : argv.join(' ');
    const words = stderr.trim().slice(0, 200);
    if (words.includes('nl80211 not found')) {
      return failure(fault('radio_missing', 'radio', 'a radio', 'a kernel without 802.11'));
    }
    if (/No such device|\(-19\)/.test(words)) {
      return failure(fault('interface_missing', field, 'a wireless interface of this host', words));
    }
    const denied = /Operation not permitted|\(-1\)/.test(words);
    const code = denied ? 'not_permitted' : 'command_failed';
    return failure(fault(code, field, denied ? 'CAP_NET_ADMIN' : 'exit 0', words));
  }
}

function map<T>(text: Result<string>, parse: (text: string) => T): Result<T> {
  return text.ok ? success(parse(text.value)) : text;
}
