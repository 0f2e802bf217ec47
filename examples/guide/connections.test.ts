// The code of docs/guides/connections.md: `npm run docs` copies what stands between the marks.
import { check, type Scenario, type ScheduleFailure, type Sys, scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';
import { expect, test } from 'vitest';

type Serve = (sys: Sys, fd: number) => Promise<void>;

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (some: string): Uint8Array => new TextEncoder().encode(some);

// #region server
async function server(sys: Sys, serve: Serve): Promise<void> {
  const listener = await sys.socket('inet', 'stream');
  await sys.bind(listener, { host: '0.0.0.0', port: 7000 });
  await sys.listen(listener);
  for (;;) {
    const { fd } = await sys.accept(listener);
    // A task of its own for each connection. Reports call it by this name: connection#1, …
    await sys.spawn((its) => serve(its, fd), { name: 'connection' });
  }
}

async function echo(sys: Sys, fd: number): Promise<void> {
  for (;;) {
    const some = await sys.recv(fd, 1024);
    if (some.length === 0) break;
    await sys.send(fd, some);
  }
  await sys.close(fd);
}
// #endregion

// #region shared
let last: Uint8Array = new Uint8Array();

/** What every connection uses, all of them use: here a buffer. */
async function echoOfTheLast(sys: Sys, fd: number): Promise<void> {
  last = await sys.recv(fd, 1024);
  await sys.write(1, last); // a log
  await sys.send(fd, last);
  await sys.close(fd);
}
// #endregion

// #region client
async function ask(sys: Sys, question: string): Promise<string> {
  const fd = await sys.socket('inet', 'stream');
  await sys.connect(fd, { host: '127.0.0.1', port: 7000 });
  await sys.send(fd, bytes(question));
  await sys.shutdown(fd, 'wr');
  let answer = '';
  for (;;) {
    const some = await sys.recv(fd, 1024);
    if (some.length === 0) return answer;
    answer += text(some);
  }
}
// #endregion

const FROM = 'abc';

// #region scenario
const everybody = (name: string, serve: Serve): Scenario =>
  scenario(name, (world) => {
    const answers = new Map<string, string>();
    world.process('server').spawn('server', (sys) => server(sys, serve));
    // Up to three clients: how many is drawn, and shrinks with the schedule.
    const clients = [...FROM].slice(0, 1 + world.draw('clients', 3));
    for (const client of clients) {
      const body = async (sys: Sys): Promise<void> =>
        void answers.set(client, await ask(sys, client));
      world.process(client).spawn(client, body, { afterListen: 7000 });
    }
    world.finally('every client gets its own bytes back', () => {
      const wrong = clients.filter((client) => answers.get(client) !== client);
      return wrong.length === 0 || `${wrong[0]} got ${answers.get(wrong[0] as string)}`;
    });
  });
// #endregion

fuzz(everybody('each connection has a task', echo), { runs: 300 });

test('what connections share is found', async () => {
  const shared = everybody('connections share a buffer', echoOfTheLast);
  const error: ScheduleFailure = await check(shared, { runs: 500, folder: false }).catch((e) => e);
  expect(error.failure.message).toMatch(/^[abc] got [abc]$/);
});
