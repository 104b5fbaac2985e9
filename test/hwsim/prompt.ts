/**
 * Lines from a person or a pipe, one at a time. On a terminal the line editor exists only while a
 * line is asked for, since it would otherwise take the keys meant for a shell; a pipe is read by
 * one editor all along, since a second would miss what the first has already taken.
 */
import { createInterface, type Interface } from 'node:readline';

export interface PromptStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Present when both streams are a terminal. */
  readonly terminal?: PromptTerminal;
}

export interface PromptTerminal {
  setRaw(raw: boolean): void;
  size(): { readonly rows: number; readonly columns: number };
}

export class LinePrompt {
  readonly #streams: PromptStreams;
  readonly #text: string;
  readonly #piped: AsyncIterator<string> | undefined;
  #editor: Interface | undefined;
  #closed = false;

  constructor(streams: PromptStreams, text: string) {
    this.#streams = streams;
    this.#text = text;
    if (streams.terminal === undefined) {
      this.#editor = createInterface({ input: streams.input });
      this.#piped = this.#editor[Symbol.asyncIterator]();
    }
  }

  /** The next line, or undefined at the end of the input, on Ctrl-C, and after `close`. */
  async next(): Promise<string | undefined> {
    if (this.#closed) return undefined;
    if (this.#piped !== undefined) {
      const { done, value } = await this.#piped.next();
      if (done !== true) this.#streams.output.write(`${this.#text}${value}\n`);
      return done === true ? undefined : value;
    }
    const { input, output } = this.#streams;
    const editor = createInterface({ input, output, terminal: true });
    this.#editor = editor;
    return new Promise((resolve) => {
      editor.on('close', () => resolve(undefined));
      editor.question(this.#text, (line) => {
        resolve(line);
        editor.close();
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#editor?.close();
  }
}
