import inspector from 'node:inspector';
import type { Internal } from './internals.ts';

const HANDOVER = Symbol.for('heddle.internals');

/**
 * What a function of Node's own sees of these names: an inspector session of this very thread can
 * look into its closure.
 */
export function closureOf(
  from: (...args: Internal[]) => Internal,
  wanted: readonly string[],
): Record<string, Internal> {
  const scope = globalThis as unknown as Record<symbol, unknown>;
  const session = new inspector.Session();
  try {
    session.connect();
    scope[HANDOVER] = from;
    const found: Record<string, unknown> = {};
    const { objectId } = ask(session, 'Runtime.evaluate', {
      expression: "globalThis[Symbol.for('heddle.internals')]",
    }).result;
    for (const closure of scopesOf(session, objectId)) {
      const variables = propertiesOf(session, closure.value.objectId).result;
      if (wanted.every((name) => found[name] !== undefined)) break;
      for (const name of wanted) {
        const variable = variables.find((each: Internal) => each.name === name);
        if (variable === undefined || found[name] !== undefined) continue;
        ask(session, 'Runtime.callFunctionOn', {
          objectId: variable.value.objectId,
          functionDeclaration: "function () { globalThis[Symbol.for('heddle.internals')] = this }",
        });
        found[name] = scope[HANDOVER];
      }
    }
    for (const name of wanted) {
      if (found[name] === undefined) throw new Error(`no ${name} in the closure of ${from.name}`);
    }
    return found;
  } finally {
    delete scope[HANDOVER];
    session.disconnect();
  }
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
  if (scopes === undefined) throw new Error('it shows no closure');
  // Not the global scope: to show its properties is to load what is behind them, crypto among it.
  return propertiesOf(session, scopes.value.objectId).result.filter(
    ({ value }: Internal) => value?.objectId !== undefined && value.description !== 'Global',
  );
}
