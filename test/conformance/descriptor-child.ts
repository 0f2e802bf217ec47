import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Libc, loadLibc } from '../../src/real/linux/libc.ts';
import * as c from '../../src/sys/constants.ts';
import { errnoCode } from '../../src/sys/errno.ts';
import { type Act, LIMIT, type Outcome } from './descriptor-programs.ts';

/** Does programs of acts, one a line, with real descriptors, and prints what came of each. */

/** Number 0 of the programs: below are Node's own. */
const BASE = 500;
const RLIMIT_NOFILE = 7;

const real = (fd: number): number => (fd < 0 ? fd : BASE + fd);
const shown = (result: number): number | string => (result < 0 ? errnoCode(-result) : result);
const shownFd = (result: number): number | string => shown(result < 0 ? result : result - BASE);

/**
 * Where the lowest number counts, the kernel is asked for the lowest from the base on (F_DUPFD).
 */
function perform(libc: Libc, act: Act): Outcome {
  switch (act[0]) {
    case 'open': {
      const opened = libc.open('/dev/null', act[1] === 1 ? c.O_RDWR : c.O_RDONLY, 0);
      const made = libc.fcntl(opened, act[2] === 1 ? c.F_DUPFD_CLOEXEC : c.F_DUPFD, BASE);
      libc.close(opened);
      return shownFd(made);
    }
    case 'dup':
      return shownFd(libc.fcntl(real(act[1]), c.F_DUPFD, BASE));
    case 'close':
      return shown(libc.close(real(act[1])));
    case 'dup2':
      return shownFd(libc.dup2(real(act[1]), real(act[2])));
    case 'dup3':
      return shownFd(libc.dup3(real(act[1]), real(act[2]), act[3] === 1 ? c.O_CLOEXEC : 0));
    case 'dupFrom':
      return shownFd(
        libc.fcntl(real(act[1]), act[3] === 1 ? c.F_DUPFD_CLOEXEC : c.F_DUPFD, real(act[2])),
      );
    case 'getFd':
      return shown(libc.fcntl(real(act[1]), c.F_GETFD, 0));
    case 'setFd':
      return shown(libc.fcntl(real(act[1]), c.F_SETFD, act[2]));
    case 'getFl':
      return shown(libc.fcntl(real(act[1]), c.F_GETFL, 0));
    case 'setFl':
      return shown(libc.fcntl(real(act[1]), c.F_SETFL, act[2] === 1 ? c.O_NONBLOCK : 0));
    case 'exec':
      return leftAfterExec();
  }
}

/** Node forks and execs with every descriptor that is not close-on-exec. */
function leftAfterExec(): number[] {
  const { stdout } = spawnSync('ls', ['/proc/self/fd'], { encoding: 'utf8' });
  const left = stdout.split('\n').map((name) => Number(name) - BASE);
  return left.filter((fd) => fd >= 0).sort((a, b) => a - b);
}

const libc = await loadLibc();
const limits = new BigUint64Array(2);
libc.getrlimit(RLIMIT_NOFILE, limits);
limits[0] = BigInt(BASE + LIMIT);
libc.setrlimit(RLIMIT_NOFILE, limits);
for await (const line of createInterface({ input: process.stdin })) {
  const outcomes = (JSON.parse(line) as Act[]).map((act) => perform(libc, act));
  for (let fd = 0; fd < LIMIT; fd++) libc.close(real(fd));
  process.stdout.write(`${JSON.stringify(outcomes)}\n`);
}
