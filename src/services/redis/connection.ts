import { InternalError } from '../../sys/errors.ts';
import type { EnginePipe } from '../pipe.ts';
import { awaited } from '../real.ts';
import { encoded, isError, Stream } from './wire.ts';

/** A connection of heddle's own: what it asks is answered before it goes on. */
export class Connection {
  readonly #pipe: EnginePipe;
  readonly #stream = new Stream();

  constructor(pipe: EnginePipe) {
    this.#pipe = pipe;
  }

  /** What is answered, as it came. */
  ask(...words: readonly string[]): string {
    const what = words[0] ?? '';
    this.#pipe.write(encoded(words));
    const look = (): Buffer | undefined => {
      const bytes = this.#pipe.read();
      if (bytes === undefined) throw new InternalError(`Redis has ended: ${what}`);
      if (bytes.length > 0) this.#stream.push(bytes);
      return this.#stream.reply();
    };
    const reply = awaited('Redis', look, what);
    if (isError(reply)) throw new InternalError(`${what}: ${reply}`);
    return reply.toString('latin1');
  }

  /** A number that is answered; undefined for nil. */
  askNumber(...words: readonly string[]): number | undefined {
    const [first = '', second] = this.ask(...words).split('\r\n');
    if (first.startsWith(':')) return Number(first.slice(1));
    return first === '$-1' || first === '_' ? undefined : Number(second);
  }

  close(): void {
    this.#pipe.close();
  }
}
