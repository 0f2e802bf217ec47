import { O_RDWR } from '../../../sys/constants.ts';
import { EBADF, EINVAL } from '../../../sys/errno.ts';
import type { TimerSpec } from '../../../sys/sys.ts';
import type { Task } from '../task.ts';
import { TimerFd } from '../timerfd.ts';
import { openFile, opens } from './descriptors.ts';
import { type Row, row } from './row.ts';
import { writesFile } from './touches.ts';

export const timerfdCreate: Row<undefined, number> = row({
  perform(task, call) {
    return openFile(task, new TimerFd(task.surroundings.clock, call.a0 === 1), O_RDWR, call.a1);
  },
  ...opens,
  asked: ({ name }) => name,
});

/** The timer behind a descriptor, or a negated errno. */
function timerOf(task: Task, fd: number): TimerFd | number {
  const description = task.process.descriptors.get(fd);
  if (description === null) return -EBADF;
  return description.file instanceof TimerFd ? description.file : -EINVAL;
}

const leftText = ({ valueMs }: TimerSpec): string => `${valueMs} ms left`;

export const timerfdSettime: Row<TimerSpec, TimerSpec> = row({
  perform(task, call) {
    const timer = timerOf(task, call.a0);
    return typeof timer === 'number' ? timer : timer.set(call.data);
  },
  touches: writesFile,
  asked({ name, a0: fd, data: { valueMs, intervalMs, absolute } }) {
    const every = intervalMs > 0 ? `, every ${intervalMs} ms` : '';
    return `${name} fd ${fd} ${absolute ? 'at' : 'in'} ${valueMs} ms${every}`;
  },
  answered: (_call, left) => leftText(left),
});

export const timerfdGettime: Row<undefined, TimerSpec> = row({
  perform(task, call) {
    const timer = timerOf(task, call.a0);
    return typeof timer === 'number' ? timer : timer.left();
  },
  touches: writesFile,
  answered: (_call, left) => leftText(left),
});
