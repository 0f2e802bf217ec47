import type { Program, Sys } from 'heddle';

/** The server of echo.ts, fixed: it reads to the end of the stream. */
export function* server(sys: Sys): Program {
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, { host: '0.0.0.0', port: 7000 });
  yield* sys.listen(listener);
  for (;;) {
    const { fd } = yield* sys.accept(listener);
    // #region fixed
    for (;;) {
      const some = yield* sys.recv(fd, 1024);
      if (some.length === 0) break;
      yield* sys.send(fd, some);
    }
    // #endregion
    yield* sys.close(fd);
  }
}
