import { EADDRINUSE, ECONNREFUSED, ENOENT, EPROTOTYPE } from '../../sys/errno.ts';
import type { SocketType } from '../../sys/sys.ts';

/** What can have a name: a socket of this type. */
interface Named {
  readonly socketType: SocketType;
}

/** Autobind draws abstract names of five hexadecimal digits. */
const AUTOBIND_DIGITS = 5;

/**
 * The names of AF_UNIX sockets on one machine: paths, which outlive their sockets until unlink(2),
 * and abstract names, which begin with a NUL byte, vanish with theirs, and are told apart by the
 * type of their socket too (unix_find_socket_byname).
 *
 * # AF_UNIX: there is no file system
 * A path is only a name: it needs no directory, and nothing but unlink(2) sees it.
 */
export class UnixNames {
  /** null: a path whose socket is gone. */
  readonly #paths = new Map<string, Named | null>();
  readonly #abstract = new Map<string, Named>();
  #autobound = 0;

  bind(socket: Named, name: string): number {
    const { socketType } = socket;
    const names: Map<string, Named | null> = isAbstract(name) ? this.#abstract : this.#paths;
    const key = keyOf(name, socketType);
    if (names.has(key)) return -EADDRINUSE;
    names.set(key, socket);
    return 0;
  }

  /** Whether something is there in the place of a path, be its socket gone or not. */
  hasPath(name: string): boolean {
    return this.#paths.has(name);
  }

  /** An abstract name that nobody has. */
  autobind(socket: Named): string {
    for (;;) {
      const digits = (this.#autobound++).toString(16).padStart(AUTOBIND_DIGITS, '0');
      const name = `\0${digits}`;
      if (this.bind(socket, name) === 0) return name;
    }
  }

  /** Who is bound to `name` for sockets of this type, or a negated errno. */
  find(name: string, type: SocketType): Named | number {
    if (isAbstract(name)) return this.#abstract.get(keyOf(name, type)) ?? -ECONNREFUSED;
    const found = this.#paths.get(name);
    if (found === undefined) return -ENOENT;
    if (found === null) return -ECONNREFUSED;
    return found.socketType === type ? found : -EPROTOTYPE;
  }

  /** The socket is gone; its path stays behind. */
  released(socket: Named, name: string): void {
    if (isAbstract(name)) this.#abstract.delete(keyOf(name, socket.socketType));
    else if (this.#paths.get(name) === socket) this.#paths.set(name, null);
  }

  unlink(path: string): number {
    return this.#paths.delete(path) ? 0 : -ENOENT;
  }
}

const keyOf = (name: string, type: SocketType): string =>
  isAbstract(name) ? `${type}${name}` : name;

function isAbstract(name: string): boolean {
  return name.startsWith('\0');
}
