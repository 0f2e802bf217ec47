/**
 * Measures cells in several processes. What comes of a cell does not depend on who measures it or
 * when.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Cell } from './entries.ts';
import type { Answer, Order } from './worker.ts';

/**
 * Try every cell with all its seeds, the cells in their order as far as there is a choice.
 *
 * @param options.stop stops everything when it is aborted; what is known by then stays known
 * @param heard called after every answer
 * @throws Error when a process ends that nobody has ended: its program or its strategy is broken
 */
export function spread(
  cells: readonly Cell[],
  options: { readonly workers: number; readonly stop: AbortSignal },
  heard: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const workers: ChildProcess[] = [];
    /** They have nothing to do now. */
    const idle: ChildProcess[] = [];
    let open = [...cells];

    const finish = (): void => {
      for (const worker of workers) {
        worker.removeAllListeners();
        worker.kill('SIGKILL');
      }
      resolve();
    };
    const fail = (error: Error): void => {
      reject(error);
      finish();
    };

    const give = (worker: ChildProcess): void => {
      for (const cell of open) {
        const next = cell.next();
        if (next === undefined) continue;
        const { program, strategy } = cell;
        worker.once('message', (first: Answer) => {
          cell.set(next.place, first);
          hear(worker, cell);
        });
        const order: Order = { program, strategy, seed: next.seed, runsMax: cell.effort.runsMax };
        worker.send(order);
        return;
      }
      idle.push(worker);
    };

    const hear = (worker: ChildProcess, cell: Cell): void => {
      if (cell.isDone) open = open.filter((other) => other !== cell);
      heard();
      // What has been found may have made more seeds of a cell worth trying.
      if (open.length > 0) for (const one of [worker, ...idle.splice(0)]) give(one);
      else finish();
    };

    if (open.length === 0) return resolve();
    options.stop.addEventListener('abort', finish, { once: true });
    for (let i = 0; i < options.workers; i++) {
      const worker = fork(join(import.meta.dirname, 'worker.ts'), {
        execArgv: ['--import', 'tsx'],
      });
      workers.push(worker);
      worker.on('error', fail);
      worker.on('exit', (code) =>
        fail(new Error(`a process that measured ended with code ${code}`)),
      );
      give(worker);
    }
  });
}
