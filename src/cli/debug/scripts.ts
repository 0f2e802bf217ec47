import { existsSync, realpathSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readBounded } from '../../sim/explore/whole-file.ts';
import { isUserScript } from '../../sim/schedule/user-frame.ts';
import type { ParsedScript, Realm } from './debugged-process.ts';

/** A place in a file of the user's; lines and columns from 1. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** As the inspector counts: from 0. */
export interface RawPlace {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number | undefined;
}

/** The map of a large bundle is smaller. */
const MAP_BYTES_MAX = 256 * 2 ** 20;

/** The scripts of a process that are the user's, and the files that they were written as. */
export class Scripts {
  /** By URL and map: those of a program are the same in each of its threads. */
  readonly #scripts = new Map<string, Script>();

  /** Gives the script, if it is the user's. */
  add({ scriptId, url, sourceMapURL = '' }: ParsedScript, realm: Realm): Script | undefined {
    if (!isUserScript(url)) return undefined;
    const key = `${url} ${sourceMapURL}`;
    const known = this.#scripts.get(key);
    const script = known ?? new Script(url, fileURLToPath(new URL(url)), sourceMapURL);
    this.#scripts.set(key, script);
    script.ids.set(realm, scriptId);
    return script;
  }

  /** A realm is gone, with what it had loaded. */
  forget(realm: Realm): void {
    for (const { ids } of this.#scripts.values()) ids.delete(realm);
  }

  /** Where that is in the user's files; undefined where it is not in them. */
  placeOf({ scriptId, lineNumber, columnNumber = 0 }: RawPlace, realm: Realm): Place | undefined {
    for (const script of this.#scripts.values()) {
      if (script.ids.get(realm) === scriptId) return script.placeOf(lineNumber, columnNumber);
    }
    return undefined;
  }

  /** Whether two paths are of one file. */
  isSame(path: string, other: string): boolean {
    return path === other || realPath(path) === realPath(other);
  }

  /** Those that a file has become. */
  ofFile(path: string): Script[] {
    const real = realPath(path);
    return [...this.#scripts.values()].filter(({ files }) => files.includes(real));
  }
}

/** A script as it runs. */
export class Script {
  readonly url: string;
  /** What it is called where it is loaded. */
  readonly ids: Map<Realm, string> = new Map();
  /** The files that it was made from, or itself. */
  readonly files: readonly string[];
  readonly #path: string;
  readonly #map: SourceMap | undefined;

  constructor(url: string, path: string, sourceMapURL: string) {
    this.url = url;
    this.#path = path;
    const map = mapOf(path, sourceMapURL);
    const sources = map?.payload.sources.map((source) => this.#fileOf(source)) ?? [];
    // A package may have left its sources at home.
    const isMapped = sources.length > 0 && sources.every((file) => existsSync(file));
    this.#map = isMapped ? map : undefined;
    this.files = isMapped ? sources.map(realPath) : [realPath(path)];
  }

  /** What runs is not what was written. */
  get isTranslated(): boolean {
    return this.#map !== undefined;
  }

  placeOf(line: number, column: number): Place {
    const entry = this.#map?.findEntry(line, column);
    if (entry === undefined || !('originalSource' in entry)) {
      return { path: this.#path, line: line + 1, column: column + 1 };
    }
    return {
      path: this.#fileOf(entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
    };
  }

  #fileOf(source: string): string {
    return source.startsWith('file:')
      ? fileURLToPath(source)
      : resolve(dirname(this.#path), source);
  }
}

/** Of a script whose map is missing or no map, the text that runs is all there is. */
function mapOf(path: string, url: string): SourceMap | undefined {
  if (url === '') return undefined;
  try {
    return new SourceMap(JSON.parse(mapText(path, url)));
  } catch {
    return undefined;
  }
}

function mapText(path: string, url: string): string {
  const [, base64] = /^data:application\/json;[^,]*base64,(.*)$/s.exec(url) ?? [];
  if (base64 !== undefined) return Buffer.from(base64, 'base64').toString();
  const file = resolve(dirname(path), decodeURIComponent(url));
  return readBounded(file, MAP_BYTES_MAX).toString('utf8');
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
