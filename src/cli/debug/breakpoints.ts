import type { Debugger } from 'node:inspector';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { CONTROL } from '../../node/debug-control.ts';
import type { DebuggedProcess, Realm } from './debugged-process.ts';
import type { Script, Scripts } from './scripts.ts';

interface Wanted {
  readonly id: number;
  readonly path: string;
  readonly line: number;
  /** The first place of the line, unless this says which. */
  readonly column: number;
  readonly condition: string | undefined;
  /** Where it stands; undefined as long as no script has such a line. */
  at: number | undefined;
  /** What inspectors are told, one for each script that the file has become, by its URL. */
  readonly set: Map<string, Debugger.SetBreakpointByUrlParameterType>;
}

/** A place at which an inspector may stop, and the user's line that it stands for. */
interface Possible {
  readonly location: Debugger.Location;
  readonly line: number;
  readonly column: number;
}

/** The user's breakpoints: lines of files, which need not be the lines that run. */
export class Breakpoints {
  readonly #process: DebuggedProcess;
  readonly #scripts: Scripts;
  readonly #possible = new Map<string, Promise<Possible[]>>();
  #wanted: Wanted[] = [];
  #lastId = 0;

  constructor(process: DebuggedProcess, scripts: Scripts) {
    this.#process = process;
    this.#scripts = scripts;
  }

  /** From now on these are all that a file has. */
  async replace(
    path: string,
    wanted: readonly DebugProtocol.SourceBreakpoint[],
  ): Promise<DebugProtocol.Breakpoint[]> {
    const gone = this.#wanted.filter((one) => one.path === path);
    this.#wanted = this.#wanted.filter((one) => one.path !== path);
    for (const { set } of gone) {
      for (const one of set.values()) await this.#inAll('Debugger.removeBreakpoint', idOf(one));
    }
    const added = wanted.map(({ line, column = 1, condition }): Wanted => {
      return { id: ++this.#lastId, path, line, column, condition, at: undefined, set: new Map() };
    });
    this.#wanted.push(...added);
    for (const script of this.#scripts.ofFile(path)) {
      for (const one of added) await this.#place(one, script);
    }
    return added.map(toldOf);
  }

  /** A script has come; gives those that have found their place in it. */
  async placeIn(script: Script): Promise<DebugProtocol.Breakpoint[]> {
    const placed: Wanted[] = [];
    for (const one of this.#wanted) {
      // In another thread, which has it already.
      if (one.set.has(script.url)) continue;
      if (!this.#scripts.ofFile(one.path).includes(script)) continue;
      if (await this.#place(one, script)) placed.push(one);
    }
    return placed.map(toldOf);
  }

  /** Those that stand in this line, as the protocol counts them. */
  idsAt(breakpoint: string): number[] {
    return this.#wanted.filter((one) => nameOf(one) === breakpoint).map(({ id }) => id);
  }

  /** Whether it could be set: at its line, or at the next that does something. */
  async #place(one: Wanted, script: Script): Promise<boolean> {
    const possible = await this.#possibleIn(script, one.path);
    const line = Math.min(...possible.map((each) => each.line).filter((each) => each >= one.line));
    const [first] = possible
      .filter((each) => each.line === line && (line > one.line || each.column >= one.column))
      .sort((a, b) => a.column - b.column);
    if (first === undefined) return false;
    const passes = `${CONTROL}.passes(${JSON.stringify(nameOf(one))})`;
    const condition = one.condition ? `(${one.condition}) && ${passes}` : passes;
    const { lineNumber, columnNumber = 0 } = first.location;
    const told = { url: script.url, lineNumber, columnNumber, condition };
    one.set.set(script.url, told);
    await this.#inAll('Debugger.setBreakpointByUrl', told);
    one.at = line;
    return true;
  }

  /** A thread has come, before it runs anything. */
  async setIn(realm: Realm): Promise<void> {
    const told = this.#wanted.flatMap(({ set }) => [...set.values()]);
    await Promise.all(told.map((one) => post(realm, 'Debugger.setBreakpointByUrl', one)));
  }

  async #inAll(method: string, params: object): Promise<void> {
    await Promise.all(this.#process.realms.map((realm) => post(realm, method, params)));
  }

  #possibleIn(script: Script, path: string): Promise<Possible[]> {
    const key = `${script.url} ${path}`;
    const known = this.#possible.get(key) ?? this.#findPossible(script, path);
    this.#possible.set(key, known);
    return known;
  }

  async #findPossible(script: Script, path: string): Promise<Possible[]> {
    const [home] = script.ids;
    if (home === undefined) return [];
    const [realm, scriptId] = home;
    const start = { scriptId, lineNumber: 0, columnNumber: 0 };
    const { locations } = await realm.post<Debugger.GetPossibleBreakpointsReturnType>(
      'Debugger.getPossibleBreakpoints',
      { start },
    );
    return locations.flatMap((location) => {
      // Behind a return, where in a line of a translated script the next statement begins.
      if (script.isTranslated && location.type === 'return') return [];
      const place = this.#scripts.placeOf(location, realm);
      const isOfFile = place !== undefined && this.#scripts.isSame(place.path, path);
      return isOfFile ? { location, line: place.line, column: place.column } : [];
    });
  }
}

/**
 * Where that cannot be done: another stands there already, as where the lines between the two do
 * nothing, or the thread is gone.
 */
async function post(realm: Realm, method: string, params: object): Promise<void> {
  await realm.post(method, params).catch(() => {});
}

/** As V8 calls a breakpoint that was set by a URL. */
function idOf({
  url,
  lineNumber,
  columnNumber,
}: Debugger.SetBreakpointByUrlParameterType): Debugger.RemoveBreakpointParameterType {
  return { breakpointId: `1:${lineNumber}:${columnNumber}:${url}` };
}

function nameOf({ path, line, column }: Wanted): string {
  return `${path}:${line}:${column}`;
}

function toldOf({ id, at, line }: Wanted): DebugProtocol.Breakpoint {
  if (at !== undefined) return { id, verified: true, line: at };
  const message = 'no code of this file has been loaded there so far';
  return { id, verified: false, line, message };
}
