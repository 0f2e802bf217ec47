import type { HostHandle, World } from '../../src/sim/schedule/world.ts';

/** Another host takes the power of this one away, once it has come to rest. */
export function losesPower(world: World, host: HostHandle): void {
  world
    .host('power')
    .process('power')
    .spawn('power', function* power(sys) {
      yield* sys.nanosleep({ ms: 1 });
      host.crash();
    });
}
