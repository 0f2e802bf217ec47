import type { Program, Sys } from 'heddle';
import { byLines, type Framing, sendAll } from './server.ts';

/** A connection to the store. */
export class StoreClient {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #lines: Framing = byLines();
  readonly #answers: string[] = [];

  constructor(sys: Sys, fd: number) {
    this.#sys = sys;
    this.#fd = fd;
  }

  static *connect(sys: Sys, port: number): Program<StoreClient> {
    const fd = yield* sys.socket('inet', 'stream');
    yield* sys.connect(fd, { host: '127.0.0.1', port });
    return new StoreClient(sys, fd);
  }

  /** Send a line; gives the answer. */
  *ask(line: string): Program<string> {
    yield* sendAll(this.#sys, this.#fd, `${line}\n`);
    while (this.#answers.length === 0) {
      const piece = yield* this.#sys.recv(this.#fd, 1024);
      if (piece.length === 0) throw new Error(`the server has left without an answer to "${line}"`);
      this.#answers.push(...this.#lines(new TextDecoder().decode(piece)));
    }
    return this.#answers.shift() as string;
  }

  *close(): Program {
    yield* this.#sys.close(this.#fd);
  }
}
