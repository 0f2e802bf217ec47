import { setFlagsFromString } from 'node:v8';

type Checkpoint = () => void;

/** V8's own, of Node. */
function ofV8(): Checkpoint {
  // Never switched off again: V8 may throw the function's bytecode away and has to be able to parse
  // it again.
  setFlagsFromString('--allow-natives-syntax');
  return new Function('%PerformMicrotaskCheckpoint()') as Checkpoint;
}

/** JavaScriptCore's, which Bun gives away. */
function ofBun(): Checkpoint | undefined {
  if (process.versions['bun'] === undefined) return undefined;
  const name: string = 'bun:jsc';
  const engine: unknown = process.getBuiltinModule(name);
  return (engine as { readonly drainMicrotasks?: Checkpoint } | undefined)?.drainMicrotasks;
}

interface DenoGlobal {
  readonly internal: symbol;
  readonly [internal: symbol]: { readonly core?: { readonly runMicrotasks?: Checkpoint } };
}

/** V8's, as Deno's own library has it: Deno sets no flags of V8 once it runs. */
function ofDeno(): Checkpoint | undefined {
  const { Deno } = globalThis as { readonly Deno?: DenoGlobal };
  return Deno?.[Deno.internal]?.core?.runMicrotasks;
}

/**
 * What runs all microtasks that are queued, and those that they queue, at once; null where this
 * runtime does not give it away.
 */
export function findCheckpoint(): Checkpoint | null {
  for (const find of [ofBun, ofDeno, ofV8]) {
    try {
      const checkpoint = find();
      if (checkpoint === undefined) continue;
      checkpoint();
      return checkpoint;
    } catch {
      // Another runtime, or a version of it that has none.
    }
  }
  return null;
}
