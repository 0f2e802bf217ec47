import { type ChildProcess, spawn } from 'node:child_process';
import type { Debugger, Runtime } from 'node:inspector';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ownScript } from '../../root.ts';
import { CONTROL, type DebugOrder, type Goal, TELL, type Told } from './outline.ts';

export type Paused = Debugger.PausedEventDataType;
export type ParsedScript = Debugger.ScriptParsedEventDataType;

/** Who hears of a debugged process. */
export interface ProcessListener {
  told(told: Told): void;
  paused(paused: Paused): void;
  parsed(script: ParsedScript): void;
  /** It has printed something behind the back of its process.stdout. */
  printed(text: string, isError: boolean): void;
  /** It is gone, by itself. */
  gone(): void;
}

interface Reply {
  readonly id?: number;
  readonly error?: { readonly message?: string } | null;
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: unknown;
  readonly connected?: true;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What the pipe is among the process's files, see relay-thread.ts. */
const PIPE = 3;

/** Frames that await what runs are told from so many of them on; each costs V8 a little. */
const AWAITS_MAX = 8;

/** The process of a run that is debugged, as the adapter sees it: its inspector, and its words. */
export class DebuggedProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  readonly #listener: ProcessListener;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isOver = false;

  constructor(order: DebugOrder, cwd: string, listener: ProcessListener) {
    this.#listener = listener;
    const path = fileURLToPath(ownScript('cli/debug/debuggee'));
    this.#child = spawn(process.execPath, [...process.execArgv, path, JSON.stringify(order)], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#pipe = this.#child.stdio[PIPE] as Duplex;
    this.#pipe.on('error', () => {});
    createInterface({ input: this.#pipe }).on('line', (line) => this.#hear(JSON.parse(line)));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const isError = stream === this.#child.stderr;
      stream?.setEncoding('utf8').on('data', (text: string) => listener.printed(text, isError));
    }
    this.#child.on('error', () => this.#gone());
    this.#child.on('close', () => this.#gone());
  }

  /** Ask its inspector. */
  post<Result>(method: string, params: object = {}): Promise<Result> {
    if (this.#isOver) return Promise.reject(new Error('the run is over'));
    const id = ++this.#lastId;
    this.#pipe.write(`${JSON.stringify({ id, method, params })}\n`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** A new run, once the last has ended. */
  async run(goal: Goal): Promise<void> {
    await this.#control(`run(${JSON.stringify(goal)})`);
  }

  /** The run that is stopped goes on. */
  async resume(goal: Goal): Promise<void> {
    await this.#control(`aim(${JSON.stringify(goal)})`);
    await this.post('Debugger.resume');
  }

  /** Do something in the stopped run that is no part of it. */
  async aside<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#control('isAside = true');
    try {
      return await work();
    } finally {
      await this.#control('isAside = false');
    }
  }

  end(): void {
    this.#isOver = true;
    this.#child.kill('SIGKILL');
    for (const { reject } of this.#waiting.values()) reject(new Error('the run is over'));
    this.#waiting.clear();
  }

  #control(expression: string): Promise<Runtime.EvaluateReturnType> {
    return this.post('Runtime.evaluate', { expression: `${CONTROL}.${expression}` });
  }

  #gone(): void {
    if (this.#isOver) return;
    this.end();
    this.#listener.gone();
  }

  #hear({ id, error, result, method, params, connected }: Reply): void {
    if (this.#isOver) return;
    if (connected) void this.#connect().catch(() => {});
    else if (id !== undefined) this.#settle(id, error, result);
    else if (method === 'Debugger.paused') this.#listener.paused(params as Paused);
    else if (method === 'Debugger.scriptParsed') this.#listener.parsed(params as ParsedScript);
    else if (method === 'Runtime.bindingCalled') {
      const { name, payload } = params as { name: string; payload: string };
      if (name === TELL) this.#listener.told(JSON.parse(payload) as Told);
    }
  }

  #settle(id: number, error: Reply['error'], result: unknown): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error == null) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message ?? 'the inspector refuses that'));
  }

  async #connect(): Promise<void> {
    await this.post('Runtime.enable');
    await this.post('Runtime.addBinding', { name: TELL });
    await this.post('Debugger.enable');
    await this.post('Debugger.setAsyncCallStackDepth', { maxDepth: AWAITS_MAX });
    await this.#control('connect()');
  }
}
