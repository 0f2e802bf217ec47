/**
 * Node's own internals, without a flag: an inspector session of this very thread sees the closure
 * of `process.binding`, and that holds what Node's library is made with. All that depends on Node's
 * version is in this folder, and asked for here.
 */
import { UsageError } from '../../sys/errors.ts';
import { closureOf } from './closure.ts';

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

let known: Internals | undefined;

/** Throws a UsageError that says why, where this runtime does not give them away. */
export function internals(): Internals {
  known ??= look();
  return known;
}

function look(): Internals {
  try {
    return closureOf((process as Internal).binding, WANTED) as unknown as Internals;
  } catch (error) {
    throw closedSeam(error);
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
