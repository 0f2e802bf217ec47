import { UsageError } from '../../sys/errors.ts';
import type { Internal, Internals } from './internals.ts';

const HANDLES = [
  ['tcp_wrap', 'TCP'],
  ['pipe_wrap', 'Pipe'],
  ['udp_wrap', 'UDP'],
] as const;
/**
 * What reaches out; what works on a descriptor that is open already (the channel to a parent
 * process) may go on.
 */
const REACHING = ['connect', 'connect6', 'bind', 'bind6', 'listen', 'send', 'send6'] as const;

/** What would leave the simulation without a word is refused, with the reason. */
export function refuseTheRealWorld({ internalBinding }: Internals): void {
  // Whoever has kept Node's own handles from before must not get past the simulation with them.
  for (const [binding, name] of HANDLES) {
    const { prototype } = internalBinding(binding)[name];
    for (const method of REACHING) {
      if (typeof prototype[method] !== 'function') continue;
      prototype[method] = (): never => {
        throw new UsageError(
          `${name}.${method} of the real network was called; something had loaded Node's network before heddle could take its place. Load heddle/node first, by --import`,
        );
      };
    }
  }
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
