import type { Internal, Internals } from '../internals.ts';
import type { Present } from '../present.ts';
import { noteCalls, waitForReal } from '../uncontrolled.ts';

/**
 * A Blob of a file is the machine's: its bytes are read by Node in C++ whenever somebody asks for
 * them (Blob::Reader::Pull in src/node_blob.cc). Nothing else happens meanwhile, no time passes.
 */
export function replaceBlobs({ requireBuiltin }: Internals, present: Present): void {
  const fs = requireBuiltin('fs');
  const { openAsBlob } = fs;
  if (openAsBlob === undefined) return;
  let holds = false;
  fs.openAsBlob = (...args: unknown[]): Promise<Blob> => {
    if (!holds) holdForReads(requireBuiltin('buffer').Blob, present);
    holds = true;
    return openAsBlob(...args);
  };
  noteCalls(present, fs, ['openAsBlob'], (name) => `fs.${name}`);
}

function holdForReads(Blob: Internal, present: Present): void {
  const blob = new Blob([]);
  const handle = Object.getOwnPropertySymbols(blob)
    .map((symbol) => blob[symbol])
    .find((value) => typeof value?.getReader === 'function');
  const readers = Object.getPrototypeOf(handle.getReader());
  const { pull } = readers;
  readers.pull = function (this: Internal, callback: (...args: Internal[]) => void): unknown {
    if (present.now === undefined) return pull.call(this, callback);
    let told = (): void => {};
    waitForReal(new Promise<void>((resolve) => (told = resolve)));
    return pull.call(this, (...args: Internal[]) => {
      told();
      callback(...args);
    });
  };
}
