import { type ChildProcess, spawn } from 'node:child_process';
import type { Debugger, Runtime } from 'node:inspector';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CONTROL, type Goal, TELL } from '../../node/debug-control.ts';
import { ownScript } from '../../root.ts';
import type { DebugOrder, Told } from './outline.ts';

/** Where a run stands in a debugger, and in which realm. */
export interface Paused extends Debugger.PausedEventDataType {
  readonly realm: Realm;
}
export type ParsedScript = Debugger.ScriptParsedEventDataType;

/** Who hears of a debugged process. */
export interface ProcessListener {
  told(told: Told): void;
  paused(paused: Paused): void;
  parsed(script: ParsedScript, realm: Realm): void;
  /** The thread of a program is there; it runs once this has resolved. */
  attached(realm: Realm): Promise<void>;
  detached(realm: Realm): void;
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
  /** Of a program's thread; undefined is the main one. */
  readonly session?: string;
  readonly is?: 'connected' | 'attached' | 'detached';
}

interface Waiting {
  readonly realm: Realm;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What the pipe is among the process's files, see relay-thread.ts. */
const PIPE = 3;

/** Frames that await what runs are told from so many of them on; each costs V8 a little. */
const AWAITS_MAX = 8;

/** What a new thread stops for by itself, because somebody debugs. */
const ON_START = 'Break on start';

type Send = (realm: Realm, method: string, params: object) => Promise<unknown>;

/** Globals and modules that code of the run has, as an inspector of its own knows them. */
export class Realm {
  /** Of a program's thread; undefined is the scenario's. */
  readonly session: string | undefined;
  readonly #send: Send;

  constructor(session: string | undefined, send: Send) {
    this.session = session;
    this.#send = send;
  }

  /** Ask its inspector. */
  post<Result>(method: string, params: object = {}): Promise<Result> {
    return this.#send(this, method, params) as Promise<Result>;
  }

  /** Have its control do something. */
  control(expression: string): Promise<Runtime.EvaluateReturnType> {
    return this.post('Runtime.evaluate', {
      ...{ expression: `${CONTROL}.${expression}`, returnByValue: true },
    });
  }

  /** Do something in the stopped run that is no part of it. */
  async aside<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.control('isAside = true');
    try {
      return await work();
    } finally {
      await this.control('isAside = false');
    }
  }
}

/** The process of a run that is debugged, as the adapter sees it: its inspectors, its words. */
export class DebuggedProcess {
  readonly main: Realm = new Realm(undefined, (...given) => this.#send(...given));
  readonly #threads = new Map<string, Realm>();
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

  /** All that there are now. */
  get realms(): readonly Realm[] {
    return [this.main, ...this.#threads.values()];
  }

  /** A new run, once the last has ended. */
  async run(goal: Goal): Promise<void> {
    await this.main.control(`run(${JSON.stringify(goal)})`);
  }

  end(): void {
    this.#isOver = true;
    this.#child.kill('SIGKILL');
    this.#refuse(() => true);
  }

  #send(realm: Realm, method: string, params: object): Promise<unknown> {
    if (this.#isOver) return Promise.reject(new Error(OVER));
    const id = ++this.#lastId;
    const { session } = realm;
    this.#pipe.write(`${JSON.stringify({ id, session, method, params })}\n`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { realm, resolve, reject });
    });
  }

  #refuse(isGone: (realm: Realm) => boolean): void {
    for (const [id, { realm, reject }] of this.#waiting) {
      if (!isGone(realm)) continue;
      this.#waiting.delete(id);
      reject(new Error(OVER));
    }
  }

  #gone(): void {
    if (this.#isOver) return;
    this.end();
    this.#listener.gone();
  }

  #hear({ id, error, result, method, params, session, is }: Reply): void {
    if (this.#isOver) return;
    if (is === 'connected') void this.#connect().catch(() => {});
    else if (is === 'attached') void this.#attach(session as string).catch(() => {});
    else if (is === 'detached') this.#detach(session as string);
    else if (id !== undefined) this.#settle(id, error, result);
    else if (method !== undefined) this.#notice(method, params, session);
  }

  #notice(method: string, params: unknown, session: string | undefined): void {
    const realm = session === undefined ? this.main : this.#threads.get(session);
    if (realm === undefined) return;
    if (method === 'Debugger.paused') this.#paused({ ...(params as Paused), realm });
    else if (method === 'Debugger.scriptParsed') {
      this.#listener.parsed(params as ParsedScript, realm);
    } else if (method === 'Runtime.bindingCalled') {
      const { name, payload } = params as { name: string; payload: string };
      if (name === TELL) this.#listener.told(JSON.parse(payload) as Told);
    }
  }

  #paused(paused: Paused): void {
    if ((paused.reason as string) === ON_START) {
      void paused.realm.post('Debugger.resume').catch(() => {});
    } else this.#listener.paused(paused);
  }

  #settle(id: number, error: Reply['error'], result: unknown): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error == null) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message ?? 'the inspector refuses that'));
  }

  async #connect(): Promise<void> {
    await prepare(this.main);
    await this.main.control('connect()');
  }

  /** From now on threads of programs wait for their inspector. */
  async follow(): Promise<void> {
    await this.main.post('NodeWorker.enable', { waitForDebuggerOnStart: true });
    await this.main.control('follow()');
  }

  async #attach(session: string): Promise<void> {
    const realm = new Realm(session, (...given) => this.#send(...given));
    this.#threads.set(session, realm);
    await Promise.all([
      prepare(realm),
      this.#listener.attached(realm),
      realm.post('Runtime.runIfWaitingForDebugger'),
    ]);
  }

  #detach(session: string): void {
    const realm = this.#threads.get(session);
    if (realm === undefined) return;
    this.#threads.delete(session);
    this.#refuse((one) => one === realm);
    this.#listener.detached(realm);
  }
}

const OVER = 'the run is over';

/** What is posted at once is done in this order. */
async function prepare(realm: Realm): Promise<void> {
  await Promise.all([
    realm.post('Runtime.enable'),
    realm.post('Runtime.addBinding', { name: TELL }),
    realm.post('Debugger.enable'),
    realm.post('Debugger.setAsyncCallStackDepth', { maxDepth: AWAITS_MAX }),
  ]);
}
