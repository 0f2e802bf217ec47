/** Which programs run on which kernels. */
import type { Model, Need } from '../models/model.ts';

export const KERNELS = ['simulated', 'node:net', 'Linux'] as const;

/** The simulated kernel; the same with node:net as its network; Linux itself, through libc. */
export type Kernel = (typeof KERNELS)[number];

/** What a kernel cannot give, and why. */
const LACKS: { readonly [kernel in Kernel]: { readonly [need in Need]?: string } } = {
  simulated: {},
  'node:net': { MSG_OOB: 'node:net sends no urgent bytes' },
  Linux: {
    SIGIO: 'Linux sends it to the process of Node, which does not pass it on',
    crash: 'no program can take the power of the machine that it runs on',
    ring: 'it is memory shared with the kernel, which libc alone does not give',
  },
};

/** Why a model does not run on a kernel; undefined where it does. */
export function whyNotOn(kernel: Kernel, { needs }: Pick<Model, 'needs'>): string | undefined {
  const why = needs === undefined ? undefined : LACKS[kernel][needs];
  return why === undefined ? undefined : `${needs}: ${why}`;
}
