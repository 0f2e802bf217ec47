import {
  inMacrotask,
  postgres,
  type Realm,
  type RunResult,
  realm,
  replay,
  type ScenarioOptions,
} from 'heddle';

export type Body = (world: Realm) => Promise<unknown>;

/** One run of a body beside a database with that schema; the calm one without decisions. */
export function runBeside(
  schema: string | undefined,
  body: Body,
  options: ScenarioOptions = {},
  decisions: readonly number[] = [],
): Promise<RunResult> {
  const scenario = realm(
    'beside a database',
    async (world) => {
      const given = schema === undefined ? {} : { schema: new URL(schema, import.meta.url) };
      world.host('db').service(postgres(given));
      await body(world);
    },
    options,
  );
  return inMacrotask(() => replay(scenario, decisions, 'clamp'));
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
