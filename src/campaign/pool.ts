/** The processes of one machine that do the jobs of campaigns. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ScenarioReference } from '../load/scenario-reference.ts';
import { ownScript } from '../root.ts';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import type { Job, JobResult } from './job.ts';

/** A job, and all that is needed for it. */
export interface Work {
  readonly job: Job;
  readonly scenario: ScenarioReference;
  /** What its batches begin with. */
  readonly known: Knowledge | undefined;
}

/** What a process is asked for. */
export interface Asked extends Work {
  readonly id: number;
}

/** What it says. */
export interface Told {
  readonly id: number;
  readonly result: JobResult;
}

/** How a job has ended: with a result, or with the process that did it. */
export type Ended = { readonly result: JobResult } | { readonly death: Death };

export interface Death {
  /** As `SIGSEGV`, or `exit code 1`. */
  readonly how: string;
  /** Somebody else may have ended it: a user, or a kernel without memory. */
  readonly isForeign: boolean;
}

/** Deaths after which a batch is set aside: another process has tried it, too. */
const DEATHS_MAX = 2;
/**
 * Where others may have ended the process: who kills processes at random does not meet one batch so
 * often, and what takes all memory of a machine does.
 */
const FOREIGN_DEATHS_MAX = 8;

/** Whether a job that has ended so many processes is set aside. */
export function isFatal(deaths: readonly Death[]): boolean {
  const own = deaths.filter(({ isForeign }) => !isForeign).length;
  return own >= DEATHS_MAX || deaths.length >= FOREIGN_DEATHS_MAX;
}

export class Pool {
  readonly size: number;
  readonly #processes: Process[];
  readonly #waiting: { readonly work: Work; readonly end: (ended: Ended) => void }[] = [];
  #isClosed = false;

  constructor(size: number) {
    this.size = size;
    this.#processes = Array.from({ length: size }, () => new Process());
  }

  /** Have it done by the next process that has nothing to do. */
  do(work: Work): Promise<Ended> {
    return new Promise((end) => {
      // Who waits for a reduction waits for a report.
      const place = work.job.kind === 'reduction' ? 0 : this.#waiting.length;
      this.#waiting.splice(place, 0, { work, end });
      this.#go();
    });
  }

  /** Until it has a result, or has ended too many processes. */
  async insist(work: Work, deaths: Death[] = []): Promise<JobResult> {
    for (;;) {
      const ended = await this.do(work);
      if ('result' in ended) return ended.result;
      deaths.push(ended.death);
      if (isFatal(deaths)) return { kind: 'aside', deaths: deaths.map(({ how }) => how) };
    }
  }

  #go(): void {
    for (const process of this.#processes) {
      if (this.#isClosed || !process.isFree) continue;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      void process.do(next.work).then((ended) => {
        if (this.#isClosed) return;
        next.end(ended);
        this.#go();
      });
    }
  }

  /** End all processes, whatever they are doing; what was to be done is not answered any more. */
  close(): void {
    this.#isClosed = true;
    for (const process of this.#processes) process.end();
  }

  /** Their numbers, for those who want to end one. */
  get pids(): readonly number[] {
    return this.#processes.flatMap(({ pid }) => pid ?? []);
  }
}

/** A process, and another when it has died. */
class Process {
  #child: ChildProcess | undefined;
  #id = 0;
  #end: ((ended: Ended) => void) | undefined;

  get isFree(): boolean {
    return this.#end === undefined;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  do(work: Work): Promise<Ended> {
    const child = this.#child ?? this.#start();
    return new Promise((end) => {
      this.#end = end;
      const asked: Asked = { ...work, id: ++this.#id };
      child.send(asked, (error) => {
        // Its end is told by its exit.
        if (error !== null && child.exitCode === null && child.signalCode === null) child.kill();
      });
    });
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(ownScript('campaign/child')), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', ({ id, result }: Told) => {
      if (id === this.#id) this.#settle({ result });
    });
    const gone = (death: Death): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#settle({ death });
    };
    child.on('exit', (code, signal) => gone(deathOf(code, signal)));
    child.on('error', (error) => gone({ how: error.message, isForeign: true }));
    return child;
  }

  #settle(ended: Ended): void {
    const end = this.#end;
    this.#end = undefined;
    end?.(ended);
  }

  end(): void {
    this.#end = undefined;
    this.#child?.kill('SIGKILL');
  }
}

const FOREIGN_SIGNALS: readonly (NodeJS.Signals | null)[] = [
  ...(['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const),
];

function deathOf(code: number | null, signal: NodeJS.Signals | null): Death {
  const how = signal ?? `exit code ${code}`;
  return { how, isForeign: FOREIGN_SIGNALS.includes(signal) };
}
