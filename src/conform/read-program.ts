import type * as z from 'zod';
import { zod } from '../sim/explore/zod.ts';
import type { Program, StepCall } from './program.ts';

/** At least how many descriptors, numbers and names for new descriptors a step needs. */
type Needs = readonly [fds: number, numbers: number, makes: number];

const NEEDS: Readonly<Record<StepCall, Needs>> = {
  socket: [0, 1, 1],
  bind: [1, 1, 0],
  listen: [1, 1, 0],
  accept: [1, 1, 1],
  connect: [1, 1, 0],
  send: [1, 2, 0],
  recv: [1, 2, 0],
  sendto: [1, 3, 0],
  recvfrom: [1, 2, 0],
  read: [1, 1, 0],
  write: [1, 1, 0],
  shutdown: [1, 1, 0],
  close: [1, 0, 0],
  getsockname: [1, 0, 0],
  getpeername: [1, 0, 0],
  getsockopt: [1, 1, 0],
  setsockopt: [1, 2, 0],
  dup: [1, 0, 1],
  dup2: [2, 0, 0],
  dup3: [2, 1, 0],
  fcntl: [1, 2, 0],
  ioctl: [1, 2, 0],
  pipe: [0, 1, 2],
  socketpair: [0, 1, 2],
  eventfd: [0, 3, 1],
  timerfdCreate: [0, 1, 1],
  timerfdSettime: [1, 2, 0],
  timerfdGettime: [1, 0, 0],
  open: [0, 1, 1],
  memfdCreate: [0, 0, 1],
  lseek: [1, 2, 0],
  pread: [1, 2, 0],
  pwrite: [1, 2, 0],
  fsync: [1, 0, 0],
  fdatasync: [1, 0, 0],
  ftruncate: [1, 1, 0],
  fstat: [1, 0, 0],
  flock: [1, 1, 0],
  stat: [0, 1, 0],
  rename: [0, 2, 0],
  link: [0, 2, 0],
  mkdir: [0, 1, 0],
  rmdir: [0, 1, 0],
  readdir: [0, 1, 0],
  unlink: [0, 1, 0],
  sigaction: [0, 1, 0],
  epollCreate: [0, 0, 1],
  epollCtl: [2, 2, 0],
  epollWait: [1, 2, 0],
  poll: [0, 1, 0],
  select: [0, 1, 0],
  fork: [0, 0, 0],
  exit: [0, 0, 0],
  flood: [2, 0, 0],
  thread: [0, 1, 0],
  handle: [0, 1, 0],
  tkill: [0, 1, 0],
  futexWait: [0, 3, 0],
  futexWake: [0, 2, 0],
  futexSet: [0, 2, 0],
  sleep: [0, 1, 0],
  fill: [1, 1, 0],
  drain: [1, 0, 0],
};

/** Calls whose first number is a number of bytes. */
const SIZED: ReadonlySet<StepCall> = new Set([
  ...(['send', 'recv', 'sendto', 'recvfrom', 'read', 'write', 'fill', 'drain'] as const),
  ...(['pread', 'pwrite', 'ftruncate'] as const),
]);
/** 16 MiB: no buffer of the kernel holds more, and each is allocated. */
const BYTES_MAX = 2 ** 24;
/** Generated programs have up to 60, and each step is done several times at several paces. */
const STEPS_MAX = 1_000;
/** Tasks are numbered from 0; a program of more than this many would be one of threads alone. */
const TASK_MAX = 63;

function makeSchema(): z.ZodType<Program> {
  const z = zod();
  const step = z
    .object({
      task: z.number().int().min(0).max(TASK_MAX),
      call: z.enum(Object.keys(NEEDS) as StepCall[]),
      fds: z.array(z.string()),
      numbers: z.array(
        z
          .number()
          .int()
          .min(-(2 ** 31))
          .max(2 ** 32 - 1),
      ),
      makes: z.array(z.string()),
    })
    .superRefine(({ call, fds, numbers, makes }, context) => {
      const given = [fds.length, numbers.length, makes.length];
      const needed = NEEDS[call];
      if (given.some((count, at) => count < (needed[at] ?? 0))) {
        const [f, n, m] = needed;
        const message = `${call} needs ${f} descriptors, ${n} numbers and ${m} names to make`;
        context.addIssue({ code: 'custom', message });
      }
      if (SIZED.has(call) && (numbers[0] ?? 0) > BYTES_MAX) {
        context.addIssue({ code: 'custom', message: `more than ${BYTES_MAX} bytes` });
      }
    });
  return z.looseObject({
    watch: z.enum(['each', 'end']),
    steps: z.array(step).max(STEPS_MAX),
    asleep: z.exactOptional(z.literal('really')),
    about: z.exactOptional(z.string()),
    source: z.exactOptional(z.string()),
  });
}

/** A program that somebody has saved; a text says what is wrong with it. */
export function readProgram(json: unknown): Program | string {
  const parsed = makeSchema().safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `field ${JSON.stringify(issue?.path.join('.'))}: ${issue?.message}`;
}
