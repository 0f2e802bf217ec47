import { UsageError } from '../../sys/errors.ts';
import type { Internal, Internals } from './internals.ts';
import type { Present } from './present.ts';
import { optionsOf } from './processes.ts';
import { noteUncontrolled } from './uncontrolled.ts';

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
export function refuseTheRealWorld(
  { internalBinding, requireBuiltin }: Internals,
  present: Present,
): void {
  // Whoever has kept Node's own handles from before must not get past the simulation with them.
  for (const [binding, name] of HANDLES) {
    const { prototype } = internalBinding(binding)[name];
    for (const method of REACHING) {
      const real = prototype[method];
      if (typeof real !== 'function') continue;
      prototype[method] = function (this: Internal, ...args: Internal[]): Internal {
        if (present.now === undefined) return real.apply(this, args);
        throw new UsageError(
          `${name}.${method} of the real network was called; something had loaded Node's network before heddle could take its place. Load heddle/node first, by --import`,
        );
      };
    }
  }
  const { prototype } = internalBinding('process_wrap').Process;
  const { spawn } = prototype;
  prototype.spawn = function (this: Internal, ...given: Internal[]): Internal {
    if (present.now === undefined) return spawn.apply(this, given);
    throw new UsageError(
      `${optionsOf(given)?.file} was to be started as a real process; something had loaded node:child_process before heddle could take its place. Load heddle/node first, by --import`,
    );
  };
  refuseThreads(requireBuiltin('worker_threads'), present);
}

/**
 * Node's library has had the class of C++ from the beginning. Under `node --import heddle/node` a
 * thread is real, with a simulation of its own. So is that of esbuild, by which tsx makes
 * JavaScript of a program: who asks it for something waits for the answer.
 */
function refuseThreads(threads: Internal, present: Present): void {
  const own = class extends threads.Worker {
    constructor(...args: Internal[]) {
      const loop = isOfEsbuild(args[1]) ? undefined : present.now;
      if (loop?.ends === true) {
        throw new UsageError(
          'a worker thread was to be started, and threads of a simulated program are not simulated. Start it as a process, by child_process.fork, where this program has a host of its own (heddle run --hosts, or nodeProgram)',
        );
      }
      if (loop !== undefined) noteUncontrolled(loop, 'a worker thread', own);
      super(...args);
    }
  };
  Object.defineProperty(own, 'name', { value: 'Worker' });
  threads.Worker = own;
}

const isOfEsbuild = (options: Internal): boolean => options?.workerData?.esbuildVersion != null;
