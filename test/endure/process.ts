import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures, Wrong } from './part.ts';

/** What a process of its own is to do. */
export interface Asked {
  /** Name of the part. */
  readonly part: string;
  readonly piece: number;
  readonly seed: number;
  readonly goal: number;
  /** It stops at its goal, or after so many milliseconds; undefined: at its goal alone. */
  readonly wallMs: number | undefined;
}

/** In this file, in its folder, a process says what it is trying. */
export const TRYING = 'trying';
/** One try takes no longer than this on the slowest of machines; then it hangs. */
const SILENT_MS_MAX = 300_000;
const LOOK_MS = 5_000;

/** Run one piece of a part in a process; what ends or stops that process is a finding. */
export function runPiece(asked: Asked): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-endure-'));
  const trying = (): string => {
    try {
      return readFileSync(join(folder, TRYING), 'utf8').slice(0, 400);
    } catch {
      return 'nothing yet';
    }
  };
  return new Promise<Figures>((resolve) => {
    let figures: Figures | undefined;
    let hung: string | undefined;
    const child = fork(
      join(import.meta.dirname, 'piece.ts'),
      [JSON.stringify({ ...asked, folder })],
      { execArgv: ['--expose-gc', '--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    );
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-400);
    });
    let last = '';
    let since = performance.now();
    const watch = setInterval(() => {
      const now = trying();
      if (now !== last) [last, since] = [now, performance.now()];
      if (performance.now() - since < SILENT_MS_MAX) return;
      hung = now;
      child.kill('SIGKILL');
    }, LOOK_MS);
    child.on('message', (message) => {
      figures = message as Figures;
    });
    child.on('close', (code, signal) => {
      clearInterval(watch);
      const wrong: Wrong[] = [];
      if (hung !== undefined) wrong.push({ kind: 'hang', what: hung });
      else if (figures === undefined)
        wrong.push({ kind: 'abort', what: `${signal ?? code} at ${trying()}: ${said}` });
      rmSync(folder, { recursive: true, force: true });
      resolve(figures ?? { tried: 0, came: {}, wrong });
    });
  });
}
