import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { errnoCode } from '../../sys/errno.ts';
import { InternalError } from '../../sys/errors.ts';
import type { Seen } from '../arm.ts';
import { masksText } from '../masks.ts';
import type { Program, Step } from '../program.ts';
import { type Shown, show } from '../show.ts';
import { nativeProgram } from './compile.ts';

/** Results as the C program writes them. */
type Told =
  | null
  | number
  | string
  | { readonly e: number }
  | { readonly sigpipe: Told }
  | { readonly size: number; readonly hex: string }
  | { readonly pair: readonly number[] }
  | { readonly ready: readonly (readonly [fd: number, revents: number])[] }
  | { readonly events: readonly (readonly [data: number, events: number])[] }
  | { readonly sets: readonly [readonly number[], readonly number[], readonly number[]] }
  | { readonly armed: number; readonly every: number }
  | { readonly bytes: Told; readonly address: unknown; readonly length: number }
  | { readonly fd: number; readonly address: unknown }
  | { readonly host: string; readonly port: number }
  | { readonly names: readonly string[] }
  | { readonly status: readonly [isDirectory: number, size: number, links: number] }
  | { readonly path: string };

interface ToldStep {
  readonly result: Told;
  readonly woken: readonly (readonly [task: number, call: string, result: Told])[];
  readonly masks?: readonly ((readonly [fd: number, revents: number])[] | null)[];
}

/** What was seen of a program on Linux. */
export interface Sighting {
  readonly steps: readonly Seen[];
  /** What it took, but for the time in which it was to sleep. */
  readonly tookMs: number;
}

/** Linux with tasks that really sleep: programs go in, what was seen comes out. */
export class Director {
  readonly #child: ChildProcessWithoutNullStreams;
  #text = '';
  #steps: ToldStep[] = [];
  #waiting: ((tookMs: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor() {
    this.#child = spawn(nativeProgram(), { stdio: 'pipe' });
    this.#child.stdout.setEncoding('utf8').on('data', (data: string) => this.#read(data));
    this.#child.on('close', () => {
      this.#failed?.(new InternalError('the program that does steps on Linux has ended'));
    });
    this.#child.stdin.on('error', () => {});
  }

  #read(data: string): void {
    const lines = (this.#text + data).split('\n');
    this.#text = lines.pop() as string;
    for (const line of lines) {
      if (!line.startsWith('end ')) this.#steps.push(JSON.parse(line) as ToldStep);
      else this.#waiting?.(Number(line.slice('end '.length)));
    }
  }

  /**
   * Do a program.
   * @param paceMs milliseconds between its steps
   */
  async run({ steps, watch }: Program, paceMs: number): Promise<Sighting> {
    if (steps.length === 0) return { steps: [], tookMs: 0 };
    const tookMs = await new Promise<number>((resolve, reject) => {
      this.#waiting = resolve;
      this.#failed = reject;
      const head = `program ${watch === 'each' ? 1 : 0} ${paceMs}\n`;
      this.#child.stdin.write(`${head}${steps.map(line).join('')}end\n`);
    });
    return { steps: this.#steps.splice(0).map(seen), tookMs };
  }

  end(): void {
    this.#failed = undefined;
    this.#child.stdin.end();
    this.#child.kill();
  }
}

function line({ task, call, fds, numbers, makes }: Step): string {
  const lists = [fds, numbers, makes].map((list) => [list.length, ...list].join(' '));
  return `${[task, call, ...lists].join(' ')}\n`;
}

function seen({ result, woken, masks }: ToldStep): Seen {
  return {
    result: shown(result),
    woken: woken.map(([task, call, told]) => wokenText(task, call, shown(told))).sort(),
    masks: masks === undefined ? '' : masksText(masks),
  };
}

export function wokenText(task: number, call: string, result: Shown): string {
  return `t${task} ${call} ${typeof result === 'string' ? result : JSON.stringify(result)}`;
}

/** As the simulated kernel's results are shown. */
function shown(told: Told): Shown {
  if (typeof told === 'number' && told < 0) return String(told);
  if (told === null || typeof told !== 'object') return told ?? 'null';
  if ('e' in told) return errnoCode(told.e);
  if ('sigpipe' in told) return { sigpipe: shown(told.sigpipe) };
  if ('size' in told) return `${told.size} bytes${told.size === 0 ? '' : ` ${told.hex}`}`;
  if ('pair' in told) return told.pair as number[];
  if ('names' in told) return show([...told.names].sort());
  if ('status' in told) {
    const [isDirectory, size, links] = told.status;
    const type = isDirectory === 1 ? 'directory' : 'file';
    return show({ type, size: isDirectory === 1 ? 0 : size, links });
  }
  if ('ready' in told) return show(told.ready.map(([fd, revents]) => ({ fd, revents })));
  if ('events' in told) return show(told.events.map(([data, events]) => ({ data, events })));
  if ('sets' in told) {
    const [read, write, except] = told.sets;
    return { read, write, except };
  }
  if ('armed' in told) return show({ valueMs: told.armed, intervalMs: told.every });
  if ('bytes' in told)
    return { bytes: shown(told.bytes), address: show(told.address), length: told.length };
  return show(told);
}
