import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../sys/errors.ts';
import { lookFor, startTool, type ToolOptions } from './real.ts';

/** An engine that does not answer after so long will not. */
const START_MS_MAX = 60_000;
/** Letters of what it has said last. */
const LOG_TAIL = 500;

/**
 * Ends the engine when its standard input does: the process that started it is gone, by whatever
 * signal.
 */
const WATCH = `"$@" & engine=$!; read -r _; kill -$HEDDLE_SIGNAL $engine; wait $engine; rm -rf "$HEDDLE_FOLDER"`;

export interface EngineOptions extends Pick<ToolOptions, 'uid' | 'gid'> {
  /** What messages call it. */
  readonly name: string;
  /** Its own, of which nothing is left when it has ended. */
  readonly folder: string;
  readonly command: readonly string[];
  /** By which it ends at once, without the beginning. */
  readonly signal: 'QUIT' | 'KILL';
}

/** A running engine. */
export interface Engine<T> {
  /** The first connection to it. */
  readonly control: T;
  /** Ends it now; it ends with this process anyway. */
  end(): void;
}

/**
 * Starts an engine beside this process, with which it ends. To be called outside of any run.
 *
 * @param tryConnect undefined while the engine begins
 */
export function startEngine<T>(
  { name, folder, command, signal, ...user }: EngineOptions,
  tryConnect: () => T | undefined,
): Engine<T> {
  const path = join(folder, 'log');
  const log = openSync(path, 'a');
  const env = {
    // The shell that watches takes the folder away by rm.
    PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/bin`,
    LC_ALL: 'C',
    TZ: 'UTC',
    HEDDLE_FOLDER: folder,
    HEDDLE_SIGNAL: signal,
  };
  const watch = ['-c', WATCH, 'heddle', ...command];
  const stdio = ['pipe', log, log] as const;
  const as = { ...user, cwd: folder, env, stdio: [...stdio], detached: true };
  const child = startTool('/bin/sh', watch, as);
  closeSync(log);
  const end = (): void => void child.stdin?.destroy();
  process.once('exit', end);
  const control = lookFor(tryConnect, START_MS_MAX, 0);
  if (control !== undefined) {
    return {
      control,
      end: () => {
        process.off('exit', end);
        end();
      },
    };
  }
  const said = readFileSync(path, 'utf8').trim();
  throw new UsageError(`${name} does not start: ${said.slice(-LOG_TAIL)}`);
}
