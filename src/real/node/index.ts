/** Syscalls over node:net: real sockets, a real clock, and recordings of both. */
export { Arrival } from '../arrival.ts';
export type { NodeRecording } from './recording.ts';
export { type NodeRunOptions, type NodeRunResult, runOnNode } from './run.ts';
