import type { Run } from '../run.ts';
import type { VirtualRuntime } from './virtual-runtime.ts';

/** Said wherever Node's own library would be needed. */
export const HOW_TO_INSTALL =
  "Load heddle/realm first: `setupFiles: ['heddle/realm']` in vitest's configuration, `node --import heddle/realm`, or `import 'heddle/realm'` as the first line of the file";

/** One run of a realm scenario on Node's own library, where that is installed. */
export interface RealmRun {
  /** Run what the runtime has queued; then hosts hear of what was asked for. */
  drain(): void;
  /** The body has ended, or never will: what is open is noted. */
  over(): void;
  /** Nothing of the run is left afterwards. */
  close(): void;
  /** Run `code` on a host: what it makes, and whatever comes of it later, is that host's. */
  within<T>(host: string, code: () => T): T;
  /** As `within`, for what is no code of the user's: it has a task of its own, a service's. */
  serve(host: string, service: string, code: () => void): void;
  /** Evaluate the module at a path again, once for each host of the run. */
  load(path: string, packages: readonly string[]): unknown;
  /** Take away what runs on a host, as by SIGKILL; gives false where nothing ever has. */
  crash(host: string): boolean;
}

/** Undefined where Node's library is not installed. */
type Provider = (run: Run, runtime: VirtualRuntime) => RealmRun | undefined;

/** Calls code as if no run went on. */
type Outside = <T>(code: () => T) => T;

let provider: Provider | undefined;
let outside: Outside = (code) => code();

/** From now on `next` is asked for each run of a realm scenario; `real` is where none goes on. */
export function provideRealms(next: Provider, real: Outside): void {
  provider = next;
  outside = real;
}

/** Call code of Node's library on the real machine, also in the middle of a run. */
export function outsideOfRuns<T>(code: () => T): T {
  return outside(code);
}

/** What the run has of Node's library; undefined where it is not a realm's, or has none. */
export function realmRunFor(run: Run, runtime: VirtualRuntime): RealmRun | undefined {
  return run.scenario.isRealm === true ? provider?.(run, runtime) : undefined;
}
