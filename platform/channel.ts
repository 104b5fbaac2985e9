/**
 * Channel numbers and centre frequencies (IEEE 802.11-2020 annex E; the arithmetic of
 * ieee80211_channel_to_freq_khz() in net/wireless/util.c), for the bands that can carry a mesh.
 */
import type { Band } from './radio.ts';

/** The number of the 20 MHz channel at a centre frequency in MHz, or undefined between channels. */
export function channelNumber(frequencyMhz: number): number | undefined {
  if (frequencyMhz === 2484) return 14;
  if (frequencyMhz === 5935) return 2;
  const base = frequencyMhz < 2484 ? 2407 : frequencyMhz < 5950 ? 5000 : 5950;
  const number = (frequencyMhz - base) / 5;
  return Number.isInteger(number) && number > 0 ? number : undefined;
}

/** The band of a frequency in MHz, or undefined outside all of them. */
export function bandOf(frequencyMhz: number): Band | undefined {
  if (frequencyMhz >= 2400 && frequencyMhz <= 2500) return '2.4 GHz';
  if (frequencyMhz >= 4900 && frequencyMhz <= 5925) return '5 GHz';
  if (frequencyMhz > 5925 && frequencyMhz <= 7125) return '6 GHz';
  return undefined;
}

/** The centre frequency in MHz of a channel of a band, or undefined where there is none. */
export function channelFrequency(band: Band, number: number): number | undefined {
  if (!Number.isInteger(number) || number < 1) return undefined;
  switch (band) {
    case '2.4 GHz':
      if (number === 14) return 2484;
      return number < 14 ? 2407 + 5 * number : undefined;
    case '5 GHz':
      return number <= 182 ? 5000 + 5 * number : undefined;
    case '6 GHz':
      if (number === 2) return 5935;
      return number <= 233 ? 5950 + 5 * number : undefined;
  }
}
