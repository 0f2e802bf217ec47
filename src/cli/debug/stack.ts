import type { Debugger, Runtime } from 'node:inspector';
import { resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Paused } from './debugged-process.ts';
import type { Stop } from './journey.ts';
import { lastAskOf } from './moves.ts';
import type { Outline } from './outline.ts';
import type { Place, RawPlace, Scripts } from './scripts.ts';

/** The scenario's own code, which builds the world and judges it, is a thread too. */
export const SCENARIO_THREAD = 1;

/** The protocol's number of a task; null is the scenario itself. */
export function threadOf(task: number | null): number {
  return task === null ? SCENARIO_THREAD : SCENARIO_THREAD + task;
}

/** The id of the task that a thread stands for. */
export function taskOf(threadId: number): number {
  return threadId - SCENARIO_THREAD;
}

/** A frame of a task's stack. */
export interface Frame {
  readonly name: string;
  readonly place: Place;
  readonly task: number;
  /** Of a task whose code runs: where its variables are. */
  readonly call: Debugger.CallFrame | undefined;
}

/** Whose code a run stands in; null is the scenario's. */
export function runningAt({ position }: Stop, { asks, failure }: Outline): number | null {
  if (position.kind === 'ask') return asks[position.ask - 1]?.task ?? null;
  if (position.kind === 'hit') return position.hit.task;
  return failure?.task ?? asks.at(-1)?.task ?? null;
}

/**
 * The stack of a task: as it stands in the debugger if it is the one whose code runs; of all
 * others it is known where they have asked for what they wait for.
 */
export function framesOf(
  threadId: number,
  stop: Stop,
  { outline, scripts, cwd }: { outline: Outline; scripts: Scripts; cwd: string },
): Frame[] {
  const task = taskOf(threadId);
  if (stop.paused !== undefined && threadOf(runningAt(stop, outline)) === threadId) {
    const { paused } = stop;
    return [...runningFrames(paused), ...awaitingFrames(paused.asyncStackTrace)].flatMap(
      ({ functionName, location, call }) => {
        const place = scripts.placeOf(location, paused.realm);
        const name = functionName === '' ? '(anonymous)' : functionName;
        return place === undefined ? [] : [{ name, place, task, call }];
      },
    );
  }
  const ask = lastAskOf(task, stop.position, outline, ({ where }) => where !== '');
  const { failure } = outline;
  const isFailed = stop.position.kind === 'end' && failure?.task === task;
  return [
    ...(isFailed ? [{ name: failure.law, where: failure.where }] : []),
    ...(ask === undefined ? [] : [{ name: ask.call, where: ask.where }]),
  ].flatMap(({ name, where = '' }) => {
    const [, path, line, column] = /^(.+):(\d+):(\d+)$/.exec(where) ?? [];
    if (path === undefined) return [];
    const place = { path: resolve(cwd, path), line: Number(line), column: Number(column) };
    return [{ name, place, task, call: undefined }];
  });
}

interface RawFrame {
  readonly functionName: string;
  readonly location: RawPlace;
  readonly call: Debugger.CallFrame | undefined;
}

function runningFrames({ callFrames }: Paused): RawFrame[] {
  return callFrames.map((call) => ({ ...call, call }));
}

/** The async functions that await what runs, as far as V8 knows them: not their variables. */
function awaitingFrames(trace: Runtime.StackTrace | undefined): RawFrame[] {
  if (trace === undefined) return [];
  const frames = trace.callFrames.map((frame) => {
    return { functionName: frame.functionName, location: frame, call: undefined };
  });
  return [...frames, ...awaitingFrames(trace.parent)];
}

/** The frame as the protocol has it. */
export function stackFrame({ name, place }: Frame, id: number): DebugProtocol.StackFrame {
  const { path, line, column } = place;
  const source = { name: path.replace(/^.*[\\/]/, ''), path };
  return { id, name, line, column, source };
}

/** The scopes of a frame that say something: what is local, as one; then what it closes over. */
export function scopesOf({ scopeChain }: Debugger.CallFrame): { name: string; ids: string[] }[] {
  const local: string[] = [];
  const others: { name: string; ids: string[] }[] = [];
  for (const { type, name, object } of scopeChain) {
    const { objectId } = object;
    if (objectId === undefined || type === 'global') continue;
    if (LOCAL.includes(type)) local.push(objectId);
    else
      others.push({
        name: name === undefined ? (OTHERS[type] ?? type) : `Closure ${name}`,
        ids: [objectId],
      });
  }
  return [{ name: 'Locals', ids: local }, ...others];
}

const LOCAL = ['local', 'block', 'catch', 'with', 'eval'];
const OTHERS: Readonly<Record<string, string>> = {
  closure: 'Closure',
  module: 'Module',
  script: 'Script',
};
