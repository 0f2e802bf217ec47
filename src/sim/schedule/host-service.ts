import type { Body } from '../../sys/sys.ts';
import type { World } from './world.ts';

/**
 * What stands behind a simulated host and is not simulated itself: a database. `postgres()` makes
 * one; `world.host('db').service(…)` puts it there.
 *
 * @since 0.2.0
 */
export interface HostService {
  /** What reports call it. */
  readonly name: string;
  /** @internal */
  readonly body: (world: World) => Body;
}
