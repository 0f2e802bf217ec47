import type { Internal, Internals } from '../internals.ts';

type Listener = (id: string, exports: Internal) => void;

let listeners: Listener[] | undefined;

/** Be told of every module of Node's library that is loaded from now on, before its user is. */
export function onLoaded({ BuiltinModule }: Internals, listener: Listener): void {
  if (listeners !== undefined) {
    listeners.push(listener);
    return;
  }
  const told = [listener];
  listeners = told;
  const prototype = Object.getPrototypeOf([...BuiltinModule.map.values()][0]) as Internal;
  const compile = prototype.compileForInternalLoader;
  prototype.compileForInternalLoader = function (this: Internal): Internal {
    const isNew = !this.loaded && !this.loading;
    const exports = compile.call(this);
    if (isNew && this.loaded) for (const tell of told) tell(this.id, exports);
    return exports;
  };
}
