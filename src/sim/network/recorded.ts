import type { Carrier, Upcall } from './carrier.ts';
import { OutsideNetwork, type OutsideOptions } from './outside.ts';

/**
 * An upcall as it is written down: the step after which it was taken in, and its bytes in base64.
 */
export type RecordedUpcall = { readonly step: number } & (
  | Exclude<Upcall, { what: 'data' }>
  | { readonly id: number; readonly what: 'data'; readonly base64: string }
);

export function writeUpcall(step: number, upcall: Upcall): RecordedUpcall {
  if (upcall.what !== 'data') return { step, ...upcall };
  const { id, what, bytes } = upcall;
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  return { step, id, what, base64 };
}

export function readUpcall({ step: _, ...upcall }: RecordedUpcall): Upcall {
  if (upcall.what !== 'data') return upcall;
  const { id, what, base64 } = upcall;
  return { id, what, bytes: new Uint8Array(Buffer.from(base64, 'base64')) };
}

/** Nobody is told anything: what comes of it is in the recording. */
const nothing = (): void => {};
const NOBODY: Carrier = {
  listen: nothing,
  unlisten: nothing,
  connect: nothing,
  abort: nothing,
  write: nothing,
  end: nothing,
  reset: nothing,
  resume: nothing,
};

/** The network of a recorded run: it does again, after the same steps, what was done then. */
export class RecordedNetwork extends OutsideNetwork {
  readonly #upcalls: readonly RecordedUpcall[];
  #next = 0;

  constructor(upcalls: readonly RecordedUpcall[], options: OutsideOptions) {
    super(NOBODY, options);
    this.#upcalls = upcalls;
  }

  /** What had been taken in after that many steps is taken in now. */
  replayUntil(step: number): void {
    for (;;) {
      const upcall = this.#upcalls[this.#next];
      if (upcall === undefined || upcall.step > step) break;
      this.#next++;
      this.report(readUpcall(upcall));
    }
    this.admit();
  }
}
