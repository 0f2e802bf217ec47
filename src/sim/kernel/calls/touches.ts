/** What the rows of several syscalls touch in the same way. */

import { TABLE_MARK } from '../conflict-bits.ts';
import type { FileObject } from '../file.ts';
import type { Footprint } from '../footprint.ts';
import type { Task } from '../task.ts';
import type { Call } from './row.ts';

export function touchesNothing(): void {}

export function touchesEverything(_task: Task, _call: Call, into: Footprint): void {
  into.touchEverything();
}

/** The file behind the descriptor, or the table that has no such number. */
export function fileTouched(task: Task, fd: number, into: Footprint): FileObject | null {
  if (task.held !== null) return task.held.file;
  const description = task.process.descriptors.get(fd);
  if (description !== null) {
    readsSlot(task, fd, into);
    return description.file;
  }
  // Somebody may give the number out, or has closed it.
  into.write(task.process.descriptors, TABLE_MARK);
  return null;
}

/** What an open number stands for, which another thread may change. */
export function readsSlot({ process }: Task, fd: number, into: Footprint): void {
  if (process.tasks.length > 1) into.read(process.descriptors.slot(fd), TABLE_MARK);
}

export function writesSlot({ process }: Task, fd: number, into: Footprint): void {
  if (process.tasks.length > 1) into.write(process.descriptors.slot(fd), TABLE_MARK);
}

export function writesFile(task: Task, { a0: fd }: Call, into: Footprint): void {
  fileTouched(task, fd, into)?.touchesOfAll(into);
}

export function readsFile(task: Task, { a0: fd }: Call, into: Footprint): void {
  const file = fileTouched(task, fd, into);
  if (file !== null) into.read(file, file.mark);
}

/** Takes the lowest free number. */
export function takesNumber(task: Task, _call: Call, into: Footprint): void {
  takesNumbers(1, task, into);
}

/** Takes the lowest free numbers. */
export function takesNumbers(count: number, task: Task, into: Footprint): void {
  const { descriptors } = task.process;
  into.write(descriptors, TABLE_MARK);
  let fd = -1;
  for (let i = 0; i < count; i++) {
    fd = descriptors.lowestFree(fd + 1);
    if (fd < 0) return;
    writesSlot(task, fd, into);
  }
}

/** Frees a number: those who free others do not meet, those who ask for the lowest free one do. */
export function closesDescriptor(task: Task, fd: number, into: Footprint): void {
  const { descriptors } = task.process;
  const description = descriptors.get(fd);
  if (description === null) into.write(descriptors, TABLE_MARK);
  else {
    into.read(descriptors, TABLE_MARK);
    writesSlot(task, fd, into);
    description.touchesOfDrop(into);
  }
}

/** Wakes or waits for others by their words, so the word stands for all of the array. */
export function writesData(_task: Task, { data }: Call, into: Footprint): void {
  into.write(data);
}

/** What poll(2) would say of a number. */
export function looksAt(task: Task, fd: number, into: Footprint): void {
  const file = task.process.descriptors.get(fd)?.file;
  if (file === undefined) into.write(task.process.descriptors, TABLE_MARK);
  else {
    readsSlot(task, fd, into);
    file.touchesOfLook(into);
  }
}
