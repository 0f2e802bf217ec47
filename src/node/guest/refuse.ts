import { UsageError } from '../../sys/errors.ts';
import type { Internal, Internals } from './internals.ts';

/** What would leave the simulation without a word is refused, with the reason. */
export function refuseTheRealWorld({ internalBinding }: Internals): void {
  internalBinding('process_wrap').Process = class {
    spawn(options: Internal): never {
      throw new UsageError(
        `${options?.file} was to be started as a child process; it would run outside of the simulation. Give it a host of its own (heddle run --hosts, or nodeProgram)`,
      );
    }
  };
  internalBinding('spawn_sync').spawn = (options: Internal): never => {
    throw new UsageError(
      `${options?.file} was to be started as a child process; it would run outside of the simulation`,
    );
  };
  internalBinding('worker').Worker = class {
    constructor() {
      throw new UsageError(
        'a worker thread was to be started; threads of a simulated program are not simulated. Give it a host of its own (heddle run --hosts, or nodeProgram)',
      );
    }
  };
}
