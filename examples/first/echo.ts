import type { Program, Sys } from 'heddle';

/** A server as a generator: each syscall is a value that is yielded. */
export function* server(sys: Sys): Program {
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, { host: '0.0.0.0', port: 7000 });
  yield* sys.listen(listener);
  for (;;) {
    const { fd } = yield* sys.accept(listener);
    const request = yield* sys.recv(fd, 1024); // one recv is not one message
    yield* sys.send(fd, request);
    yield* sys.close(fd);
  }
}

/** A client as an async function: the same syscalls, awaited. */
export async function client(sys: Sys): Promise<string> {
  const fd = await sys.socket('inet', 'stream');
  await sys.connect(fd, { host: '127.0.0.1', port: 7000 });
  await sys.send(fd, new TextEncoder().encode('hello'));
  await sys.shutdown(fd, 'wr');
  let answer = '';
  for (;;) {
    const bytes = await sys.recv(fd, 1024).then(undefined, () => new Uint8Array());
    if (bytes.length === 0) return answer;
    answer += new TextDecoder().decode(bytes);
  }
}
