import { Writable } from 'node:stream';
import type { GuestLoop } from './loop.ts';

/** What a program prints goes to its simulated descriptors, at once: real pipes would take their own time. */
export function replaceConsole(loop: GuestLoop): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, done): void {
        loop.post(['output', fd, String(chunk)]);
        done();
      },
    });
    Object.assign(stream, { fd, isTTY: false, _type: 'pipe' });
    Object.defineProperty(process, name, { value: stream, configurable: true, enumerable: true });
  }
}
