/** Syscalls on Linux itself, through libc. */
export { LinuxKernel } from './kernel.ts';
export { loadLibc } from './libc.ts';
export { LinuxMachine } from './machine.ts';
export type { LinuxRecording } from './recording.ts';
export { type LinuxRunOptions, type LinuxRunResult, runOnLinux } from './run.ts';
