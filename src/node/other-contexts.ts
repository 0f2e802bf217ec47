/**
 * Refuse a context of node:vm: it has a Date, a Math and timers of its own, which cannot be reached
 * from the thread's own realm, where Node's library lives.
 *
 * @param what was loaded: `heddle/node`
 */
export function refuseOtherContexts(vm: typeof import('node:vm'), what: string): void {
  if (vm.runInThisContext('globalThis') === globalThis) return;
  throw new Error(
    `heddle: ${what} was loaded in a context of node:vm, where it cannot take the place of Date, Math.random and the timers. Vitest's pools vmThreads and vmForks run tests in one: use pool 'forks' or 'threads'. jest runs all tests in one: have the test call \`npx heddle fuzz FILE\`, or take node:test or vitest. Nothing of the test has run`,
  );
}
