import { clearLine, cursorTo } from 'node:readline';
import pc from 'picocolors';

/** Where a command writes: text for people, or one JSON object a line. */
export class Output {
  readonly json: boolean;
  #live = false;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A line for people; nothing in JSON. */
  line(text = ''): void {
    this.#clear();
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** An object for machines; nothing in text. */
  object(value: Record<string, unknown>): void {
    this.#clear();
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A remark that belongs to neither: to stderr. */
  warn(text: string): void {
    this.#clear();
    process.stderr.write(`${pc.yellow('note')} ${text}\n`);
  }

  /** A line that is written over by the next: only on a terminal. */
  progress(text: string): void {
    if (!process.stderr.isTTY) return;
    const columns = process.stderr.columns ?? 80;
    cursorTo(process.stderr, 0);
    clearLine(process.stderr, 0);
    process.stderr.write(text.slice(0, columns - 1));
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
