import { RealClock } from '../real/clock.ts';
import { LinuxKernel } from '../real/linux/kernel.ts';
import type { Libc } from '../real/linux/libc.ts';
import { LinuxMachine } from '../real/linux/machine.ts';
import { NO_NETWORK } from '../real/linux/run.ts';
import { Kernel } from '../sim/kernel/kernel.ts';
import { VirtualNetwork } from '../sim/network/virtual.ts';
import { VirtualClock } from '../sim/schedule/clock.ts';
import { Arm } from './arm.ts';

/**
 * The simulated kernel over its loopback.
 * @param rolesAreKept as the Linux is that it is compared with: see {@link Kernel.rolesAreKept}
 * @param choose which of several tasks moves next
 */
export function simulatedArm(rolesAreKept: boolean, choose?: (count: number) => number): Arm {
  const clock = new VirtualClock();
  // Not zero, so that there is a moment that lies behind.
  clock.nowNs = 1e6;
  let network: VirtualNetwork | undefined;
  return new Arm({
    clock,
    network: (world) => {
      network = new VirtualNetwork(
        { mode: 'loopback' },
        { clock, choices: world, events: world.events, recording: false },
      );
      return network;
    },
    kernel: (host, world) => {
      const kernel = new Kernel(host, world);
      kernel.rolesAreKept = rolesAreKept;
      return kernel;
    },
    hostAdded: (name) => network?.addHost(name),
    look: () => false,
    pause: () => {},
    ...(choose === undefined ? {} : { choose }),
    elapse: (ms) => {
      clock.nowNs += ms * 1e6;
    },
  });
}

/** Linux itself, and what has to be done when its program is over. */
export function linuxArm(libc: Libc, paceMs: number): { arm: Arm; dispose: () => void } {
  const machine = new LinuxMachine(libc, { mapPorts: true });
  const clock = new RealClock();
  const wait = (ms: number): void => {
    sleep(ms);
    clock.look();
  };
  const arm = new Arm({
    clock,
    network: () => NO_NETWORK,
    kernel: (host, world) => new LinuxKernel(host, world, machine),
    look: () => {
      clock.look();
      return machine.look(0) > 0;
    },
    pause: () => wait(paceMs),
    elapse: wait,
  });
  return {
    arm,
    dispose: () => {
      arm.end();
      machine.dispose();
    },
  };
}

const nothing = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(nothing, 0, 0, ms);
}
