import type { Task } from '../sim/kernel/task.ts';
import { SysError } from '../sys/errors.ts';
import { type Address, type Body, type Program, Sys } from '../sys/sys.ts';
import { atOnce } from './at-once.ts';

/** A client's connection to a service. */
export interface Peer {
  readonly fd: number;
  /** An eventfd by which other connections wake it. */
  readonly wakeFd: number;
  /** Of its task. */
  readonly name: string;
  /** Who is at the other end: host and port. */
  readonly peer: string;
}

/**
 * Takes connections for as long as the run goes on, each as a task of its own.
 *
 * @param begin what all connections of a run have in common
 * @param talk a connection from its first byte to its last
 */
export function serve<T>(
  begin: (host: string) => T,
  port: number,
  talk: (sys: Sys, common: T, peer: Peer) => Program,
): Body {
  return function* service(sys) {
    const common = begin((Sys.ownerOf(sys) as Task).process.kernel.host);
    // Before the first step of anybody: it has been there for a long time.
    const listener = atOnce(sys, sys.socket('inet', 'stream'));
    atOnce(sys, sys.bind(listener, { host: '0.0.0.0', port }));
    atOnce(sys, sys.listen(listener));
    for (;;) {
      const { fd, address } = yield* sys.accept(listener);
      const body: Body = function* session(own) {
        const wakeFd = yield* own.eventfd();
        const { name } = Sys.ownerOf(own) as Task;
        try {
          yield* talk(own, common, { fd, wakeFd, name, peer: addressText(address) });
        } catch (error) {
          // The client is gone.
          if (!(error instanceof SysError)) throw error;
        }
        yield* own.close(wakeFd);
        yield* own.close(fd);
      };
      yield* sys.spawn(body, { name: 'session' });
    }
  };
}

const addressText = (address: Address): string =>
  'host' in address ? `${address.host}:${address.port}` : address.path;
