import { clearLine, cursorTo } from 'node:readline';
import pc from 'picocolors';
import { printable } from '../sim/trace/printable.ts';

/** The colours that picocolors makes here, of which each can only change how text looks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is meant
const COLOURS = /(\x1b\[(?:0|1|2|22|31|32|33|39)m)/;

/** Text as a terminal may get it: our own colours and what is printable. */
function printed(text: string): string {
  if (!pc.isColorSupported) return printable(text);
  return text
    .split(COLOURS)
    .map((part, at) => (at % 2 === 1 ? part : printable(part)))
    .join('');
}

/** CI systems end what is silent for ten minutes; more often would fill their logs. */
const SIGN_MS = 240_000;

/**
 * What GitHub Actions takes for a command, at the beginning of a line or anywhere in it: programs
 * have no commands to give.
 */
function withoutCommands(text: string): string {
  return text.replace(/^(\s*)(?=::)/gm, '$1| ').replaceAll('##[', '## [');
}

/**
 * Where a command writes: text for people, or one JSON object per line. Where stdout is for a
 * file of `junit` the text goes to stderr; `github` reads it.
 */
export class Output {
  readonly json: boolean;
  readonly #as: string;
  #live = false;
  /** When there was the last sign of life, or the first work. */
  #signMs: number = performance.now();

  constructor(json: boolean, as = 'text') {
    this.json = json;
    this.#as = as;
  }

  /** A line for people; nothing in JSON. */
  line(text = ''): void {
    this.#clear();
    if (this.json) return;
    const stream = this.#as === 'junit' ? process.stderr : process.stdout;
    stream.write(`${printed(this.#as === 'github' ? withoutCommands(text) : text)}\n`);
  }

  /** A line for machines, which is made of what is printable. */
  raw(text: string): void {
    this.#clear();
    process.stdout.write(`${text}\n`);
  }

  /** An object for machines; nothing in text. */
  object(value: Record<string, unknown>): void {
    this.#clear();
    if (this.json) process.stdout.write(`${printable(JSON.stringify(value))}\n`);
  }

  /** A remark that belongs to neither: to stderr. */
  warn(text: string): void {
    this.#clear();
    process.stderr.write(`${pc.yellow('note')} ${printable(text)}\n`);
  }

  /** What a program prints: a piece of text, with its own ends of lines. */
  said(text: string): void {
    if (this.json) this.object({ type: 'printed', text });
    else process.stdout.write(printable(text));
  }

  /** A message that is no part of the result: to stderr. */
  error(text: string): void {
    this.#clear();
    process.stderr.write(`${printable(text)}\n`);
  }

  /**
   * A line that is written over by the next. Where nobody looks at a terminal it is a line of its
   * own, now and then: a sign of life.
   */
  progress(text: string): void {
    if (!process.stderr.isTTY) {
      const now = performance.now();
      if (now - this.#signMs < SIGN_MS) return;
      this.#signMs = now;
      process.stderr.write(`… ${printable(text)}\n`);
      return;
    }
    const columns = process.stderr.columns ?? 80;
    cursorTo(process.stderr, 0);
    clearLine(process.stderr, 0);
    process.stderr.write(printable(text).slice(0, columns - 1));
    this.#live = true;
  }

  #clear(): void {
    if (!this.#live) return;
    cursorTo(process.stderr, 0);
    clearLine(process.stderr, 0);
    this.#live = false;
  }
}

export function secondsText(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

const BAR_WIDTH = 20;

/** `[######              ]  30 %` of a fraction. */
export function barText(fraction: number): string {
  const full = Math.round(fraction * BAR_WIDTH);
  const percent = `${Math.floor(fraction * 100)}`.padStart(3);
  return `[${'#'.repeat(full).padEnd(BAR_WIDTH)}] ${percent} %`;
}
