/**
 * Node's own internals, without a flag: an inspector session of this very thread sees the closure
 * of `process.binding`, and that holds what Node's library is made with. All that depends on Node's
 * version is in this folder, and asked for here.
 */
import inspector from 'node:inspector';
import { UsageError } from '../../sys/errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: objects of Node's own, which have no types
export type Internal = any;

export interface Internals {
  /** A binding to C++, the very object that Node's library uses. */
  readonly internalBinding: (name: string) => Internal;
  /** A module of Node's library, internal ones too. */
  readonly requireBuiltin: (id: string) => Internal;
  /** Its module table. */
  readonly BuiltinModule: { readonly map: Map<string, BuiltinModule> };
}

export interface BuiltinModule {
  loaded: boolean;
  loading: boolean;
  exports: Internal;
  exportKeys: Internal;
  /** What `import` gives of it, once somebody has imported it. */
  module: Internal;
  syncExports(): void;
}

const WANTED = ['internalBinding', 'requireBuiltin', 'BuiltinModule'] as const;
const HANDOVER = Symbol.for('heddle.internals');

let known: Internals | undefined;

/** Throws a UsageError that says why, where this runtime does not give them away. */
export function internals(): Internals {
  known ??= look();
  return known;
}

function look(): Internals {
  const scope = globalThis as unknown as Record<symbol, unknown>;
  const session = new inspector.Session();
  try {
    session.connect();
    scope[HANDOVER] = (process as Internal).binding;
    const found: Record<string, unknown> = {};
    const binding = ask(session, 'Runtime.evaluate', {
      expression: "globalThis[Symbol.for('heddle.internals')]",
    }).result;
    for (const closure of scopesOf(session, binding.objectId)) {
      const variables = propertiesOf(session, closure.value.objectId).result;
      if (WANTED.every((name) => found[name] !== undefined)) break;
      for (const name of WANTED) {
        const variable = variables.find((each: Internal) => each.name === name);
        if (variable === undefined || found[name] !== undefined) continue;
        ask(session, 'Runtime.callFunctionOn', {
          objectId: variable.value.objectId,
          functionDeclaration: "function () { globalThis[Symbol.for('heddle.internals')] = this }",
        });
        found[name] = scope[HANDOVER];
      }
    }
    for (const name of WANTED) {
      if (found[name] === undefined)
        throw new Error(`no ${name} in the closure of process.binding`);
    }
    return found as unknown as Internals;
  } catch (error) {
    throw closedSeam(error);
  } finally {
    delete scope[HANDOVER];
    session.disconnect();
  }
}

/** Heddle cannot take hold of this runtime: why, and what to do. */
export function closedSeam(error: unknown): UsageError {
  if (error instanceof UsageError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  const why = message.trim().replace(/\.$/, '');
  const what =
    code === 'ERR_ACCESS_DENIED'
      ? 'Start it without --permission'
      : 'Use a released Node of version 20 to 26, and load nothing before heddle that changes it';
  return new UsageError(
    `Node's network, clock and randomness cannot be replaced in this runtime (Node ${process.version}): ${why}. ${what}; without heddle/node the program runs on the real network. Nothing of it has run`,
  );
}

/** A question to the inspector of this thread is answered before it returns. */
function ask(session: inspector.Session, method: string, params: object): Internal {
  let answer: Internal;
  let failure: Error | null = null;
  session.post(method, params, (error, result) => {
    failure = error;
    answer = result;
  });
  if (failure !== null) throw failure;
  if (answer === undefined) throw new Error(`the inspector did not answer ${method}`);
  return answer;
}

function propertiesOf(session: inspector.Session, objectId: string): Internal {
  return ask(session, 'Runtime.getProperties', { objectId, ownProperties: true });
}

function scopesOf(session: inspector.Session, functionId: string): Internal[] {
  const { internalProperties = [] } = propertiesOf(session, functionId);
  const scopes = internalProperties.find((each: Internal) => each.name === '[[Scopes]]');
  if (scopes === undefined) throw new Error('process.binding shows no closure');
  // Not the global scope: to show its properties is to load what is behind them, crypto among it.
  return propertiesOf(session, scopes.value.objectId).result.filter(
    ({ value }: Internal) => value?.objectId !== undefined && value.description !== 'Global',
  );
}
