import { EADDRINUSE, ECONNREFUSED, ENOENT } from '../../sys/errno.ts';
import type { UnixSocket } from './unix-socket.ts';

/** Autobind draws abstract names of five hexadecimal digits. */
const AUTOBIND_DIGITS = 5;

/**
 * The names of AF_UNIX sockets on one machine: paths, which outlive their sockets until unlink(2), and abstract names, which
 * begin with a NUL byte and vanish with theirs.
 *
 * # There is no file system
 * A path is only a name: it needs no directory, and nothing but unlink(2) sees it.
 */
export class UnixNames {
  /** null: a path whose socket is gone. */
  readonly #paths = new Map<string, UnixSocket | null>();
  readonly #abstract = new Map<string, UnixSocket>();
  #autobound = 0;

  bind(socket: UnixSocket, name: string): number {
    const names: Map<string, UnixSocket | null> = isAbstract(name) ? this.#abstract : this.#paths;
    if (names.has(name)) return -EADDRINUSE;
    names.set(name, socket);
    return 0;
  }

  /** An abstract name that nobody has. */
  autobind(socket: UnixSocket): string {
    for (;;) {
      const digits = (this.#autobound++).toString(16).padStart(AUTOBIND_DIGITS, '0');
      const name = `\0${digits}`;
      if (this.bind(socket, name) === 0) return name;
    }
  }

  /** Who is bound to `name`, or a negated errno. */
  find(name: string): UnixSocket | number {
    if (isAbstract(name)) return this.#abstract.get(name) ?? -ECONNREFUSED;
    const found = this.#paths.get(name);
    if (found === undefined) return -ENOENT;
    return found ?? -ECONNREFUSED;
  }

  /** The socket is gone; its path stays behind. */
  released(socket: UnixSocket, name: string): void {
    if (isAbstract(name)) this.#abstract.delete(name);
    else if (this.#paths.get(name) === socket) this.#paths.set(name, null);
  }

  unlink(path: string): number {
    return this.#paths.delete(path) ? 0 : -ENOENT;
  }
}

function isAbstract(name: string): boolean {
  return name.startsWith('\0');
}
