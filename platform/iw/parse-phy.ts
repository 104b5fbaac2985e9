/** `iw phy`: the capabilities of each radio. */
import { channelNumber } from '../channel.ts';
import { failure, fault, type Result, success } from '../fault.ts';
import type { Band, Channel, Combination, InterfaceType, Phy, PhyRadio } from '../radio.ts';
import { first, numberIn } from './parse.ts';

const RADAR = { detectsRadar: true } as const;

/** `iw` counts the kernel's bands from 1; the others carry no mesh. */
const BANDS: ReadonlyMap<string, Band> = new Map([
  ['1', '2.4 GHz'],
  ['2', '5 GHz'],
  ['4', '6 GHz'],
]);

/**
 * Fault `tool_missing` for the small build of `iw` that OpenWrt installs unless told otherwise: it
 * leaves out ciphers and features, and the addresses in most events.
 */
export function parsePhys(text: string): Result<readonly Phy[]> {
  if (text.startsWith('Wiphy ') && !/^\tSupported commands:/m.test(text)) {
    const expected = 'its full build, from the package iw-full';
    return failure(fault('tool_missing', 'command iw', expected, 'the small one'));
  }
  const phys = text.split(/^(?=Wiphy )/m).flatMap((block) => {
    const name = first(block, /^Wiphy (\S+)/);
    const index = numberIn(block, /^\twiphy index: (\d+)/m);
    if (name === undefined || index === undefined) return [];
    return {
      index,
      name,
      interfaceTypes: starred(section(block, 'Supported interface modes')).map(
        (word) => word as InterfaceType,
      ),
      ciphers: starred(section(block, 'Supported Ciphers')).flatMap((line) => {
        return first(line, /\(([0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}:\d+)\)/) ?? [];
      }),
      combinations: combinations(block),
      coverageClass: numberIn(block, /^\tCoverage class: (\d+)/m),
      radios: radios(block),
      channels: channels(block),
      saeInUserspace: block.includes('Device supports SAE with AUTHENTICATE command'),
      peeringInUserspace: block.includes('Driver supports a userspace MPM'),
    };
  });
  return success(phys);
}

/** `* 2412 MHz [1] (20.0 dBm) (no IR)`, below the heading of its band. */
function channels(block: string): readonly Channel[] {
  return block.split(/^(?=\tBand )/m).flatMap((part) => {
    const band = BANDS.get(first(part, /^\tBand (\d+):/) ?? '');
    if (band === undefined) return [];
    return [...part.matchAll(/^\t\t\t\* (\d+)(?:\.\d+)? MHz \[\d+\](.*)$/gm)].map(
      ([, whole, marks = '']) => {
        const frequencyMhz = Number(whole);
        const disabled = marks.includes('(disabled)');
        return {
          band,
          number: channelNumber(frequencyMhz) ?? 0,
          frequencyMhz,
          disabled,
          noInitiation: !disabled && marks.includes('no IR'),
          radar: !disabled && marks.includes('radar detection'),
        };
      },
    );
  });
}

/** The lines below a heading that are indented deeper than it, or empty. */
function section(block: string, heading: string): string {
  const start = block.search(new RegExp(`^\\t${heading}`, 'im'));
  if (start < 0) return '';
  const lines = block.slice(start).split('\n').slice(1);
  const end = lines.findIndex((line) => line !== '' && !line.startsWith('\t\t'));
  return (end < 0 ? lines : lines.slice(0, end)).join('\n');
}

function starred(text: string): readonly string[] {
  return [...text.matchAll(/^\t\t\s*\* (.+)$/gm)].map(([, word = '']) => word.trim());
}

/**
 * With several radios, those of the phy are the global ones; what comes first is the first radio.
 */
function combinations(block: string): readonly Combination[] {
  const ofAll = section(block, 'globally valid interface combinations');
  return readCombinations(ofAll === '' ? section(block, 'valid interface combinations') : ofAll);
}

/** `* Idx 0:`, and indented below it `Frequency Range: 2402 MHz - 2494 MHz` and combinations. */
function radios(block: string): readonly PhyRadio[] {
  const [, ...parts] = section(block, 'Supported wiphy radios').split(/^\t\t\* Idx \d+:/m);
  return parts.map((part) => {
    const ranges = part.matchAll(/Frequency Range: (\d+) MHz - (\d+) MHz/g);
    const own = /Radio's valid interface combinations:(.*)/s.exec(part)?.[1] ?? '';
    return {
      ranges: [...ranges].map(([, low, high]) => ({ lowMhz: Number(low), highMhz: Number(high) })),
      combinations: readCombinations(own),
    };
  });
}

/** `* #{ managed } <= 1, #{ AP, mesh point } <= 4,` and below it `total <= 4, #channels <= 1`. */
function readCombinations(lines: string): readonly Combination[] {
  const text = lines.replaceAll(/\s+/g, ' ');
  return text.split(' * ').flatMap((entry) => {
    const maxInterfaces = numberIn(entry, /total <= (\d+)/);
    const maxChannels = numberIn(entry, /#channels <= (\d+)/);
    if (maxInterfaces === undefined || maxChannels === undefined) return [];
    const limits = [...entry.matchAll(/#\{ ([^}]+) \} <= (\d+)/g)].map(([, types = '', max]) => ({
      max: Number(max),
      types: types.split(', ').map((word) => word.trim() as InterfaceType),
    }));
    const detectsRadar = entry.includes('radar detect widths: {');
    return { limits, maxInterfaces, maxChannels, ...(detectsRadar ? RADAR : {}) };
  });
}
