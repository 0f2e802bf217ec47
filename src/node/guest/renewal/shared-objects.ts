import { builtinModules } from 'node:module';
import { isDispatcher } from '../dispatchers.ts';
import type { Internal, Internals } from '../internals.ts';
import { onLoaded } from './loaded.ts';
import { isObject, Pristine } from './pristine.ts';

/** Listeners are taken back one by one, and the exit code has a setter of its own. */
const OF_PROCESS: ReadonlySet<PropertyKey> = new Set([
  ...['_events', '_eventsCount', '_maxListeners', 'exitCode', 'env', 'cwd', 'chdir'],
]);
/** Each program has an agent of its own, see {@link Agents}. */
const OF_MODULES: ReadonlySet<PropertyKey> = new Set(['globalAgent']);

/** What a program may change that others in its thread would find: V8's objects and Node's. */
export function watchShared(inside: Internals): Pristine {
  const pristine = new Pristine();
  pristine.watch(globalThis, 'globalThis', isDispatcher);
  for (const key of Reflect.ownKeys(globalThis)) {
    const { value } = Reflect.getOwnPropertyDescriptor(globalThis, key) as PropertyDescriptor;
    // What is behind a getter is loaded when it is first looked at, and belongs to a module.
    if (isObject(value) && value !== globalThis && value !== process) {
      pristine.watchClass(value, String(key));
    }
  }
  for (const [name, hidden] of Object.entries(hiddenIntrinsics())) {
    pristine.watchClass(hidden, name);
  }
  pristine.watch(process, 'process', (key) => OF_PROCESS.has(key));
  onLoaded(inside, {
    after: (id, exports) => {
      if (isPublic.has(id)) watchModule(pristine, id, exports);
    },
  });
  return pristine;
}

const isPublic: ReadonlySet<string> = new Set([...builtinModules, 'internal/fs/promises']);

/** Those of V8's objects that have no name among the globals. */
function hiddenIntrinsics(): Record<string, object> {
  const generator = Object.getPrototypeOf(function* () {});
  const asyncGenerator = Object.getPrototypeOf(async function* () {});
  return {
    TypedArray: Object.getPrototypeOf(Int8Array),
    GeneratorFunction: generator.constructor,
    Generator: generator.prototype,
    AsyncFunction: (async () => {}).constructor,
    AsyncGeneratorFunction: asyncGenerator.constructor,
    AsyncGenerator: asyncGenerator.prototype,
    Iterator: Object.getPrototypeOf(generator.prototype),
    ArrayIterator: Object.getPrototypeOf([][Symbol.iterator]()),
  };
}

/** What `require` gives of a module of Node's, and the classes in it. */
function watchModule(pristine: Pristine, id: string, exports: Internal): void {
  if (!isObject(exports)) return;
  pristine.watch(exports, id, (key) => OF_MODULES.has(key));
  for (const key of Reflect.ownKeys(exports)) {
    const { value } = Reflect.getOwnPropertyDescriptor(exports, key) as PropertyDescriptor;
    if (typeof value === 'function' && isObject(value.prototype)) {
      pristine.watchClass(value, `${id}.${String(key)}`);
    }
  }
  // A class itself, as `events` and `stream` are.
  if (typeof exports === 'function' && isObject(exports.prototype)) {
    pristine.watch(exports.prototype, `${id}.prototype`);
  }
  const { _extensions: extensions } = exports as Internal;
  if (id === 'module') pristine.watch(extensions, 'require.extensions');
}
