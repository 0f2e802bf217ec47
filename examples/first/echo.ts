import { check, type Program, type Scenario, type Sys, scenario } from 'heddle';

/** A server as a generator: each syscall is a value that is yielded. */
function* server(sys: Sys): Program {
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
async function client(sys: Sys): Promise<string> {
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

export const echo: Scenario = scenario('hello comes back', (world) => {
  let answer = '';
  world.process('server').spawn('server', server);
  world.process('client').spawn(
    'client',
    async (sys) => {
      answer = await client(sys);
    },
    { afterListen: 7000 },
  );
  world.finally('the client gets its bytes back', () => answer === 'hello' || `it got "${answer}"`);
});

// In a test of vitest, node:test or jest: test('hello comes back', () => check(echo, { runs: 2000 }));
if (process.argv[1] === import.meta.filename) await check(echo, { runs: 2000 });
