/**
 * Three pages fetched one after the other, and then by three greenlets at once (seed 001).
 *
 * One thread. What would sleep for an answer switches to the hub, so three greenlets wait as long
 * as the slowest of three servers; one after the other takes as long as all of them.
 *
 * # The servers
 * The article asks three sites of the Internet, over TLS. Here each is a thread that answers HTTP
 * after a time of its own, so that the order and the cost are known.
 */
import type { Program, Sys } from '../sys/index.ts';
import { GreenSocket, Hub } from './userland/gevent.ts';
import { Socket } from './userland/sockets.ts';
import { concat, decode, decodeLeniently, encode, print } from './userland/text.ts';
import { startNewThread } from './userland/threading.ts';

interface Site {
  readonly url: string;
  readonly port: number;
  /** How long it takes to answer, and how long the answer is. */
  readonly ms: number;
  readonly bytes: number;
}

const SITES: readonly Site[] = [
  { url: 'https://www.python.org/', port: 8101, ms: 600, bytes: 500 },
  { url: 'https://www.baidu.com/', port: 8102, ms: 100, bytes: 227 },
  { url: 'https://www.so.com/', port: 8103, ms: 300, bytes: 400 },
];
const HOST = '127.0.0.1';

function* serve(sys: Sys, listener: Socket, { ms, bytes }: Site): Program {
  while (true) {
    const [conn] = yield* listener.accept(sys);
    let request = '';
    while (!request.endsWith('\r\n\r\n')) request += decode(yield* conn.recv(sys, 1024));
    yield* sys.nanosleep({ ms });
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`;
    yield* conn.sendall(sys, concat(encode(head), new Uint8Array(bytes).fill(0x20)));
    yield* conn.close(sys);
  }
}

function* open(sys: Sys, site: Site): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port: site.port });
  yield* listener.listen(sys);
  yield* startNewThread(sys, 'site', (its) => serve(its, listener, site));
}

/** `urlopen(url).read()`: the bytes of its body. */
function* fetched(sys: Sys, hub: Hub, { url, port }: Site): Program<Uint8Array> {
  const socket = yield* GreenSocket.create(sys, hub);
  yield* socket.connect(sys, { host: HOST, port });
  const { hostname } = new URL(url);
  yield* socket.sendall(
    sys,
    encode(`GET / HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`),
  );
  let answer: Uint8Array = new Uint8Array(0);
  for (;;) {
    const data = yield* socket.recv(sys, 1024);
    if (data.length === 0) break;
    answer = concat(answer, data);
  }
  yield* socket.close(sys);
  const end = decodeLeniently(answer).indexOf('\r\n\r\n') + 4;
  return answer.subarray(end);
}

export function* run(sys: Sys): Program {
  for (const site of SITES) yield* open(sys, site);
  yield* Hub.run(sys, function* (gevent) {
    function* f(site: Site): Program {
      yield* print(sys, `GET: ${site.url}`);
      const data = yield* fetched(sys, gevent, site);
      yield* print(sys, `${data.length} bytes received from ${site.url}.`);
    }

    /** Rounded: a real machine's would differ behind the point. */
    function* cost(since: number): Program<string> {
      return (Math.round(((yield* sys.clockGettime()) - since) / 100) / 10).toFixed(1);
    }

    const timeStart = yield* sys.clockGettime();
    for (const site of SITES) yield* f(site);
    yield* print(sys, `同步cost ${yield* cost(timeStart)}`);
    const asyncTimeStart = yield* sys.clockGettime();
    yield* gevent.joinall(SITES.map((site) => gevent.spawn(() => f(site))));
    yield* print(sys, `异步cost ${yield* cost(asyncTimeStart)}`);
  });
  yield* sys.exit(0);
}

/** # The article shows no output; this is the program's with these servers. */
const printedIn = (order: readonly number[]): readonly string[] => {
  const received = SITES.map(({ url, bytes }) => `${bytes} bytes received from ${url}.`);
  const asked = SITES.map(({ url }) => `GET: ${url}`);
  return [
    ...SITES.flatMap((_, site) => [asked[site] as string, received[site] as string]),
    '同步cost 1.0',
    ...asked,
    ...order.map((site) => received[site] as string),
    '异步cost 0.6',
  ];
};
export const TRANSCRIPT: readonly string[] = printedIn([1, 2, 0]);
/** Sites whose threads are late answer in any order. */
export const OTHER_TRANSCRIPTS: readonly (readonly string[])[] = [
  [1, 0, 2],
  [2, 1, 0],
  [2, 0, 1],
  [0, 1, 2],
  [0, 2, 1],
].map(printedIn);
