import type { HostService } from '../../sim/schedule/host-service.ts';
import { outsideOfRuns } from '../../sim/schedule/runtime/realm-run.ts';
import { requireFaults } from '../faults.ts';
import { serve } from '../serve.ts';
import { redisFolder } from './engine.ts';
import { type RedisFault, RedisFaults, WORDS } from './faults.ts';
import { Server } from './server.ts';
import { connection } from './talk.ts';

/** What {@link redis} is given. @since 0.2.0 */
export interface RedisOptions {
  /** On which it listens. Default: 6379. */
  readonly port?: number;
  /**
   * What may go wrong. Whether a fault strikes in a run at all is drawn once for it, and then for
   * each command. Default: nothing.
   */
  readonly faults?: readonly RedisFault[];
}

const PORT = 6379;

/**
 * Redis behind a simulated host: `world.host('cache').service(redis())`. Programs reach it with the
 * client that they use anyway, as `cache:6379`, with any user and password.
 *
 * It is the real server, of the Redis that is installed, started once for this process and ended
 * with it, on a Unix socket of its own, and each run begins with an empty one. What a connection
 * sends is handed to it in steps of the schedule; while it works no virtual time passes. Keys
 * expire, and waits (`BLPOP`) end, in virtual time.
 *
 * ```ts
 * const jobs = realm('each job is done once', async (world) => {
 *   world.host('cache').service(redis());
 *   await fetch('http://shop:8080/order'); // whose client connects to cache:6379
 * });
 * ```
 * @throws UsageError if Redis is not installed, with what to install, and for a fault that there is
 *   not
 * @since 0.2.0
 */
export function redis({ port = PORT, faults = [] }: RedisOptions = {}): HostService {
  requireFaults(faults, WORDS, 'Redis');
  outsideOfRuns(redisFolder);
  return {
    name: 'redis',
    body: (world) =>
      serve((host) => new Server(world, new RedisFaults(world, host, faults)), port, connection),
  };
}
