/**
 * Stands in for vitest, node:test and jest while a file of scenarios is loaded: groups are entered,
 * since scenarios may be defined in them, and tests are not run. What bodies use while they run,
 * assertions and mocks, is the runner's own: see {@link assertionsFor}.
 */
import { assertionsOf } from './assertions.ts';

/** Whatever is asked of it, it gives itself back and does nothing. */
const nothing: never = new Proxy(() => {}, {
  get: (_target, key) => (key === 'then' || typeof key === 'symbol' ? undefined : nothing),
  apply: () => nothing,
  construct: () => nothing,
}) as never;

/** `describe`, and what hangs on it: `describe.skip`, `describe.each(cases)`, … */
const group: never = new Proxy(() => {}, {
  get: (_target, key) => (key === 'then' || typeof key === 'symbol' ? undefined : group),
  apply: (_target, _self, args: readonly unknown[]) => {
    const body = args.findLast((arg) => typeof arg === 'function') as (() => unknown) | undefined;
    body?.();
    return group;
  },
}) as never;

/** Those of a runner, by name and by its URL where it is installed. */
export function assertionsFor(
  runner: string,
  real?: string,
): Promise<Readonly<Record<string, unknown>>> {
  return assertionsOf(runner, real, nothing);
}

/** Of this module. */
export const url: string = import.meta.url;

export default nothing;
export {
  group as describe,
  group as suite,
  nothing as after,
  nothing as afterAll,
  nothing as afterEach,
  nothing as assert,
  nothing as assertType,
  nothing as aroundAll,
  nothing as aroundEach,
  nothing as before,
  nothing as beforeAll,
  nothing as beforeEach,
  nothing as bench,
  nothing as chai,
  nothing as createExpect,
  nothing as expect,
  nothing as expectTypeOf,
  nothing as inject,
  nothing as it,
  nothing as jest,
  nothing as mock,
  nothing as onTestFailed,
  nothing as onTestFinished,
  nothing as recordArtifact,
  nothing as run,
  nothing as should,
  nothing as snapshot,
  nothing as test,
  nothing as todo,
  nothing as vi,
  nothing as vitest,
};
