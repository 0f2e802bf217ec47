/** The seam: what a program may know. Models import nothing else of heddle. */
export * from './constants.ts';
export * from './errno.ts';
export * from './errors.ts';
export * from './memory.ts';
export { OP, OP_NAMES, type Op, type OpName } from './ops.ts';
export * from './sys.ts';
export { BELOW_ZERO, Chain, collectSources, Syscall, type SyscallOwner } from './syscall.ts';
