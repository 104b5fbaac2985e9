/**
 * One LED of the machine (Documentation/leds/leds-class.rst): taken from whatever drove it,
 * switched, and given back as it was found. An LED that has gone, with the device that it was on,
 * is taken again when it is back.
 */
import { failure, fault, type Result, success } from './fault.ts';
import { setAttribute } from './file-attribute.ts';
import { readWhole } from './file-reader.ts';
import { MAX_ATTRIBUTE_BYTES } from './limits.ts';

const LED_FOLDER = '/sys/class/leds';

/** What drove it, and how bright it was. */
interface Found {
  readonly trigger: string | undefined;
  readonly brightness: string;
}

export class Led {
  readonly #path: string;
  #found: Found | undefined;
  #brightest = '1';
  #isLit: boolean | undefined;

  constructor(name: string, folder = LED_FOLDER) {
    this.#path = `${folder}/${name}`;
  }

  /** Faults: `led_failed`. Writes only what changes. */
  light(isLit: boolean): Result<undefined> {
    return this.#try(() => {
      this.#found ??= this.#take();
      if (this.#isLit === isLit) return;
      setAttribute(`${this.#path}/brightness`, isLit ? this.#brightest : '0');
      this.#isLit = isLit;
    });
  }

  /** As it was found; nothing if it was never taken. */
  giveBack(): Result<undefined> {
    const found = this.#found;
    if (found === undefined) return success(undefined);
    this.#forget();
    return this.#try(() => {
      setAttribute(`${this.#path}/brightness`, found.brightness);
      // Last: writing a brightness of 0 takes any trigger away.
      if (found.trigger !== undefined) setAttribute(`${this.#path}/trigger`, found.trigger);
    });
  }

  /** `none [heartbeat] timer`: what is in brackets drives it. Some have no triggers at all. */
  #take(): Found {
    this.#isLit = undefined;
    this.#brightest = this.#read('max_brightness') ?? '1';
    const triggers = this.#read('trigger');
    const found = {
      trigger: /\[([^\]]+)\]/.exec(triggers ?? '')?.[1],
      brightness: this.#read('brightness') ?? '0',
    };
    if (triggers !== undefined) setAttribute(`${this.#path}/trigger`, 'none');
    return found;
  }

  #read(name: string): string | undefined {
    const reading = readWhole(`${this.#path}/${name}`, MAX_ATTRIBUTE_BYTES);
    return reading.ok ? reading.bytes.toString('utf8').trim() : undefined;
  }

  #forget(): void {
    this.#found = undefined;
    this.#isLit = undefined;
  }

  #try(action: () => void): Result<undefined> {
    try {
      action();
      return success(undefined);
    } catch (error) {
      // What drives it by now is not known any more.
      this.#forget();
      const found = error instanceof Error ? error.message : String(error);
      return failure(fault('led_failed', this.#path, 'an LED that can be switched', found));
    }
  }
}
