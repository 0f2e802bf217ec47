import { EVERYTHING } from '../../sim/kernel/task.ts';
import { drainNow } from '../../sim/schedule/runtime/drain.ts';
import type { Place, ThirdParty } from '../../sim/schedule/third-party.ts';
import { concatenated, headOf } from '../../sim/trace/protocols/http.ts';
import { ECONNRESET } from '../../sys/errno.ts';
import { SysError, UsageError } from '../../sys/errors.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import { message } from './messages.ts';
import { sendAll } from './send.ts';

/** What is sent: see {@link ThirdParty.webhook}. */
export type Sent = Parameters<ThirdParty['webhook']>;

const RECV_BYTES = 1 << 16;

/** Sends it in a task of its own, for which the run waits. Gives the status of the answer. */
export function post({ host, world }: Place, [url, body, headers = {}]: Sent): Promise<number> {
  const to = new URL(url);
  if (to.protocol !== 'http:') throw new UsageError(`a webhook goes to http://…, not to ${url}`);
  if (to.hostname === 'localhost') {
    throw new UsageError(
      `${url} is on ${host} itself, which sends the webhook: put who gets it on a host of its own`,
    );
  }
  const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const bytes = message(
    `POST ${to.pathname}${to.search} HTTP/1.1`,
    Object.entries({
      host: to.host,
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
      ...headers,
      'content-length': String(content.length),
      connection: 'close',
    }),
    content,
  );
  return new Promise((resolve, reject) => {
    const body = function* webhook(sys: Sys): Program {
      try {
        resolve(yield* exchange(sys, to, bytes));
      } catch (error) {
        reject(new Error(`the webhook to ${url} has failed: ${error}`, { cause: error }));
      }
      // Who waits for it goes on in this step.
      sys.touches(EVERYTHING);
      drainNow();
    };
    world.startService(host, 'webhook', body, { daemon: false });
  });
}

/** One request on a connection of its own. */
function* exchange(sys: Sys, { hostname, port }: URL, request: Uint8Array): Program<number> {
  const fd = yield* sys.socket('inet', 'stream');
  try {
    yield* sys.connect(fd, { host: hostname, port: Number(port || 80) });
    yield* sendAll(sys, fd, request);
    let answer: Uint8Array = new Uint8Array(0);
    for (;;) {
      const status = headOf(answer)?.status;
      const more = yield* sys.recv(fd, RECV_BYTES);
      if (more.length > 0) answer = concatenated([answer, more]);
      else if (status !== undefined) return status;
      else throw new SysError('recv', ECONNRESET);
    }
  } finally {
    yield* sys.close(fd);
  }
}
