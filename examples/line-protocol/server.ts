import type { Program, Sys } from 'heddle';

/**
 * Takes pieces of a stream and gives the lines in it; a last line that has not ended stays until
 * its rest has come.
 */
export type Framing = (piece: string) => string[];

/** TCP is a stream: where a piece ends says nothing. */
export function byLines(): Framing {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() as string;
    return lines;
  };
}

/** What works as long as each line comes in a piece of its own. */
export function byPieces(): Framing {
  return (piece) => piece.split('\n').filter((line) => line !== '');
}

/** A store for words: `set KEY WORD` and `get KEY`, a line each, and a line for an answer. */
export function* storeServer(sys: Sys, port: number, framing: () => Framing): Program {
  const store = new Map<string, string>();
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.setsockopt(listener, 'SO_REUSEADDR', 1);
  yield* sys.bind(listener, { host: '127.0.0.1', port });
  yield* sys.listen(listener);
  for (;;) {
    const { fd } = yield* sys.accept(listener);
    yield* sys.spawn((its) => session(its, fd, store, framing()), { name: 'session' });
  }
}

function* session(sys: Sys, fd: number, store: Map<string, string>, lines: Framing): Program {
  for (;;) {
    const piece = yield* sys.recv(fd, 1024);
    if (piece.length === 0) break;
    for (const line of lines(new TextDecoder().decode(piece))) {
      yield* sendAll(sys, fd, `${answer(store, line)}\n`);
    }
  }
  yield* sys.close(fd);
}

function answer(store: Map<string, string>, line: string): string {
  const [verb, key = '', word = ''] = line.split(' ');
  switch (verb) {
    case 'set':
      store.set(key, word);
      return 'ok';
    case 'get':
      return store.get(key) ?? '-';
    default:
      return `what is "${line}"?`;
  }
}

/** send(2) may take less than it was given. */
export function* sendAll(sys: Sys, fd: number, text: string): Program {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(yield* sys.send(fd, rest));
}
