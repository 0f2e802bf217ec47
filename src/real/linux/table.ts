import { DescriptorTable } from '../../sim/kernel/descriptors.ts';
import type { Description } from '../../sim/kernel/file.ts';
import { EMFILE } from '../../sys/errno.ts';
import { LinuxFile } from './file.ts';
import type { RealNumbers } from './numbers.ts';

/** A process's descriptor numbers, each with a real descriptor behind it (see file.ts). */
export class LinuxTable extends DescriptorTable {
  readonly #numbers: RealNumbers;

  constructor(numbers: RealNumbers) {
    super();
    this.#numbers = numbers;
  }

  /**
   * # EMFILE on Linux: where this machine gives fewer descriptors than the world would (ulimit -n),
   * the table is full before its own limit.
   */
  override lowestFree(from = 0): number {
    if (this.#numbers.areShort && this.limit !== Number.POSITIVE_INFINITY) return -EMFILE;
    return super.lowestFree(from);
  }

  override install(description: Description, closeOnExec: boolean, from = 0): number {
    const fd = super.install(description, closeOnExec, from);
    if (fd >= 0 && description.file instanceof LinuxFile) description.file.opened(fd);
    return fd;
  }

  override close(fd: number): number {
    const description = this.get(fd);
    const result = super.close(fd);
    if (description !== null && description.references > 0) {
      if (description.file instanceof LinuxFile) description.file.closed(fd);
    }
    return result;
  }

  override duplicateTo(fd: number, to: number, closeOnExec: boolean): number {
    const result = super.duplicateTo(fd, to, closeOnExec);
    const file = this.get(fd)?.file;
    if (result >= 0 && file instanceof LinuxFile) file.opened(to);
    return result;
  }

  override copy(): LinuxTable {
    const table = new LinuxTable(this.#numbers);
    table.limit = Number.POSITIVE_INFINITY;
    for (const [fd, description] of this.entries()) {
      description.references++;
      table.install(description, this.closesOnExec(fd), fd);
    }
    table.limit = this.limit;
    return table;
  }
}
