import {
  type HostService,
  inMacrotask,
  type Realm,
  type RunResult,
  realm,
  replay,
  type ScenarioOptions,
} from 'heddle';
import { expect } from 'vitest';

export type Body = (world: Realm) => Promise<unknown>;

/** One run of a body beside these services, by the names of their hosts; the calm one. */
export function runBeside(
  services: Readonly<Record<string, () => HostService>>,
  body: Body,
  options: ScenarioOptions = {},
): Promise<RunResult> {
  const scenario = realm(
    'beside services',
    async (world) => {
      for (const [name, make] of Object.entries(services)) world.host(name).service(make());
      await body(world);
    },
    options,
  );
  return inMacrotask(() => replay(scenario, [], 'clamp', { digest: true }));
}

/** What a body gives in such a run; it fails where the body does. */
export async function valueBeside<T>(
  services: Readonly<Record<string, () => HostService>>,
  work: (world: Realm) => Promise<T>,
): Promise<T> {
  let found: T | undefined;
  const { failure } = await runBeside(services, async (world) => {
    found = await work(world);
  });
  expect(failure?.message).toBeUndefined();
  return found as T;
}

/** What is thrown, by its code of PostgreSQL's. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
