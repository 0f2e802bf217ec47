import type { Internal, Internals } from '../internals.ts';

interface Listener {
  /** It is about to be loaded. */
  readonly before?: (id: string) => void;
  /** It is, and its user has not seen it. */
  readonly after: (id: string, exports: Internal) => void;
}

let listeners: Listener[] | undefined;

/** Be told of every module of Node's library that is loaded, by now or from now on. */
export function onLoaded({ BuiltinModule }: Internals, listener: Listener): void {
  for (const [id, { loaded, exports }] of BuiltinModule.map) {
    if (loaded) listener.after(id, exports);
  }
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
    if (isNew) for (const { before } of told) before?.(this.id);
    const exports = compile.call(this);
    if (isNew && this.loaded) for (const { after } of told) after(this.id, exports);
    return exports;
  };
}
