import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../sys/errors.ts';

type Exports = Readonly<Record<string, unknown>>;

/** What of vitest's `vi` makes sense outside of its tests; the rest is for tests alone. */
const OF_VI: ReadonlySet<PropertyKey> = new Set([
  ...['fn', 'spyOn', 'isMockFunction', 'mocked', 'stubEnv', 'unstubAllEnvs'],
  ...['clearAllMocks', 'resetAllMocks', 'restoreAllMocks'],
]);
const OF_VITEST = ['expect', 'createExpect', 'assert', 'chai', 'should', 'expectTypeOf'] as const;

/**
 * What bodies of scenarios use of a test runner while they run: its assertions and its mocks. They
 * are its own, loaded before the first run; without them a law that expects something would hold
 * whatever happens.
 *
 * @param runner `vitest`, `node:test` or `@jest/globals`
 * @param real its URL, as the user's file has it; undefined where it is not installed
 * @param nothing what stands for the rest
 */
export async function assertionsOf(
  runner: string,
  real: string | undefined,
  nothing: unknown,
): Promise<Exports> {
  if (real === undefined) return { expect: missing('expect', runner) };
  if (runner === 'vitest') return ofVitest((await import(real)) as Exports, nothing);
  if (runner === 'node:test') {
    // By its name the hooks would find the stand-in again.
    const { mock, assert } = process.getBuiltinModule(runner) as unknown as Exports;
    return assert === undefined ? { mock } : { mock, assert };
  }
  return ofJest(real, nothing);
}

function ofVitest(vitest: Exports, nothing: unknown): Exports {
  const own = Object.fromEntries(OF_VITEST.map((name) => [name, vitest[name]]));
  const vi = new Proxy(vitest['vi'] as object, {
    get: (target, key) => {
      if (!OF_VI.has(key)) return nothing;
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...own, vi, vitest: vi };
}

/** `@jest/globals` itself can be loaded in a test only; what it gives there is in packages. */
function ofJest(real: string, nothing: unknown): Exports {
  const require = createRequire(createRequire(real).resolve('@jest/globals'));
  try {
    const { expect } = require('expect') as Exports;
    const { ModuleMocker } = createRequire(require.resolve('@jest/environment'))('jest-mock') as {
      ModuleMocker: new (realm: object) => { fn: unknown; spyOn: unknown };
    };
    const mocker = new ModuleMocker(globalThis) as unknown as Record<
      PropertyKey,
      ((...args: unknown[]) => unknown) | undefined
    >;
    const jest = new Proxy(mocker, {
      get: (target, key) => target[key]?.bind(target) ?? nothing,
    });
    return { expect, jest };
  } catch {
    return { expect: missing('expect', '@jest/globals') };
  }
}

/** It throws as soon as a run uses it: what is not checked must not seem to hold. */
function missing(name: string, runner: string): unknown {
  const refuse = (): never => {
    throw new UsageError(
      `${name} is ${runner}'s, which is not installed where this file could find it: install it, or throw an error instead`,
    );
  };
  return new Proxy(() => {}, { apply: refuse, get: refuse });
}

/**
 * `expect` for a file that uses it as a global: that of the runner which its project has.
 *
 * @param file its URL
 */
export async function globalExpect(file: string): Promise<unknown> {
  const require = createRequire(file);
  const vitest = entryOf(require, 'vitest');
  if (vitest !== undefined) return ((await import(vitest)) as Exports)['expect'];
  const jest = entryOf(require, '@jest/globals');
  return (await assertionsOf('@jest/globals', jest && file, undefined))['expect'];
}

/** The URL of what `import` gives of a package; undefined where it is not installed. */
function entryOf(require: NodeJS.Require, name: string): string | undefined {
  try {
    const manifest = require.resolve(`${name}/package.json`);
    const { exports, main } = require(manifest) as {
      exports?: { '.'?: { import?: { default?: string } } };
      main?: string;
    };
    const entry = exports?.['.']?.import?.default ?? main ?? 'index.js';
    return new URL(entry, pathToFileURL(manifest)).href;
  } catch {
    return undefined;
  }
}
