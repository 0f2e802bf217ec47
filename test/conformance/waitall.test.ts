import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Libc, loadLibc } from '../../src/real/linux/libc.ts';
import { F_SETFL, MSG_PEEK, MSG_WAITALL } from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { heard, runSimulated, pause as simulatedPause, tcpPair } from '../kernel/harness.ts';
import { onLinux, whyNoLinux } from '../real-linux/linux.ts';

/**
 * The provider of Linux shares the code that gathers bytes with the simulated kernel, so its arm
 * cannot tell whether that is right. Here a child process sleeps in a recv of the machine's own.
 */

/** What the other side does while the receiver sleeps: sends, or ends. */
type Act = string | 'END' | 'RST';

interface Case {
  readonly kind: 'tcp' | 'unix';
  readonly bytesMax: number;
  readonly flags: number;
  readonly lowWater: number;
  readonly acts: readonly Act[];
}

/** Whether the receiver has come back, act by act, and what it got. */
type Outcome = readonly string[];

const SHUT_WR = 1;
const SOCK_CLOEXEC = 0o2000000;
/**
 * The child has nothing but what it is given, or closing the other side would not be the end of it.
 */
const STREAM = 1 | SOCK_CLOEXEC;

function* performed(sys: Sys, { kind, bytesMax, flags, lowWater, acts }: Case): Program<Outcome> {
  let to: number;
  let from: number;
  if (kind === 'tcp') ({ client: to, server: from } = yield* tcpPair(sys));
  else [to, from] = yield* sys.socketpair();
  yield* sys.fcntl(to, F_SETFL, 0);
  yield* sys.setsockopt(to, 'SO_RCVLOWAT', lowWater);
  const seen: string[] = [];
  let got: string | undefined;
  yield* sys.spawn(function* (own) {
    const given = yield* heard(own, to, bytesMax, flags);
    got = /^E[A-Z]+$/.test(given) ? given : `"${given}"`;
  });
  yield* simulatedPause(sys);
  for (const act of acts) {
    if (act === 'END') yield* sys.shutdown(from, 'wr');
    else if (act === 'RST') {
      yield* sys.setsockopt(from, 'SO_LINGER', 0);
      yield* sys.close(from);
    } else yield* sys.send(from, new TextEncoder().encode(act));
    yield* simulatedPause(sys);
    seen.push(got === undefined ? 'asleep' : 'back');
  }
  return [...seen, got ?? 'asleep'];
}

/** A connected pair of real sockets. */
function realPair(libc: Libc, kind: Case['kind']): [to: number, from: number] {
  const fds = new Int32Array(2);
  if (kind === 'unix') {
    libc.socketpair(1, STREAM, 0, fds);
    return [fds[0] as number, fds[1] as number];
  }
  const listener = libc.socket(2, STREAM, 0);
  const name = new Uint8Array([2, 0, 0, 0, 127, 0, 0, 1, ...new Array(8).fill(0)]);
  libc.bind(listener, name, name.length);
  libc.listen(listener, 1);
  libc.getsockname(listener, name, new Int32Array([name.length]));
  const to = libc.socket(2, STREAM, 0);
  libc.connect(to, name, name.length);
  const from = libc.accept4(listener, null, null, SOCK_CLOEXEC);
  libc.close(listener);
  return [to, from];
}

/** In an interruptible sleep, says /proc. */
const sleeps = (pid: number | undefined): boolean =>
  /^State:\s+S/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

async function real(libc: Libc, { kind, bytesMax, flags, lowWater, acts }: Case): Promise<Outcome> {
  const [to, from] = realPair(libc, kind);
  const script = join(import.meta.dirname, 'waitall-child.ts');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', script, String(bytesMax), String(flags), String(lowWater)],
    { stdio: ['ignore', 'pipe', 'inherit', to] },
  );
  libc.close(to);
  let said = '';
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const begun = new Promise<void>((resolve) => {
    child.stdout?.on('data', (data) => {
      said += data;
      resolve();
    });
  });
  await begun;
  // From its last word to the call is not far.
  for (let quiet = 0; quiet < 5; quiet = sleeps(child.pid) ? quiet + 1 : 0) await pause(20);
  const seen: string[] = [];
  const isBack = (): boolean => said !== 'asleep\n';
  for (const act of acts) {
    if (act === 'END') libc.shutdown(from, SHUT_WR);
    else if (act === 'RST') {
      libc.setsockopt(from, 1, 13, new Int32Array([1, 0]), 8);
      libc.close(from);
    } else libc.send(from, new TextEncoder().encode(act), act.length, 0);
    for (let i = 0; i < 10 && !isBack(); i++) await pause(20);
    seen.push(isBack() ? 'back' : 'asleep');
  }
  if (!isBack()) child.kill('SIGKILL');
  await ended;
  if (!acts.includes('RST')) libc.close(from);
  return [...seen, isBack() ? said.slice('asleep\n'.length) : 'asleep'];
}

const ALL = MSG_WAITALL;
const CASES: readonly (readonly [
  bytesMax: number,
  flags: number,
  lowWater: number,
  acts: readonly Act[],
])[] = [
  [6, ALL, 1, ['ab', 'cd', 'efg']],
  [6, ALL, 1, ['ab', 'END']],
  [6, ALL, 3, ['ab', 'cd', 'e', 'f']],
  [6, 0, 4, ['ab', 'c', 'de']],
  [2, 0, 4, ['a', 'b', 'c']],
  [6, 0, 4, ['ab', 'END']],
  [6, ALL | MSG_PEEK, 1, ['ab', 'cdef']],
  [6, MSG_PEEK, 4, ['ab', 'cd']],
  [6, ALL, 1, ['END']],
];

describe.skipIf(whyNoLinux !== undefined)(
  onLinux('a recv that sleeps until there is enough'),
  () => {
    const cases: Case[] = (['tcp', 'unix'] as const).flatMap((kind) =>
      CASES.map(([bytesMax, flags, lowWater, acts]) => ({ kind, bytesMax, flags, lowWater, acts })),
    );
    cases.push({ kind: 'tcp', bytesMax: 6, flags: ALL, lowWater: 1, acts: ['ab', 'RST'] });

    it.each(cases)(
      '$kind: $bytesMax bytes, flags $flags, SO_RCVLOWAT $lowWater, while $acts come',
      async (each) => {
        const libc = await loadLibc();
        expect(runSimulated((sys) => performed(sys, each))).toEqual(await real(libc, each));
      },
      30_000,
    );
  },
);
