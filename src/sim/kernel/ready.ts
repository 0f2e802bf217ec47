import type { Task } from './task.ts';

/**
 * The tasks whose pending syscall may be tried, in a flat array with swap-remove: O(1), nothing is
 * ever rebuilt or sorted. The order is a function of the run so far, so a decision may name a task
 * by its place.
 */
export class ReadyList {
  readonly tasks: Task[] = [];
  count = 0;
  private added = 0;

  add(task: Task): void {
    task.readySequence = ++this.added;
    task.readyIndex = this.count;
    this.tasks[this.count++] = task;
  }

  /** It counts as having become ready just now. */
  stepBack(task: Task): void {
    task.readySequence = ++this.added;
  }

  remove(task: Task): void {
    const index = task.readyIndex;
    const last = this.tasks[--this.count] as Task;
    this.tasks[index] = last;
    last.readyIndex = index;
    task.readyIndex = -1;
  }
}
