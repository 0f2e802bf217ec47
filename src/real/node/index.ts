/** Syscalls over node:net: real sockets, a real clock, and recordings of both. */
export { Arrival } from '../arrival.ts';
export { parseRecording, type Recording } from './recording.ts';
export { type RecordingReplayOptions, replayRecording } from './replay.ts';
export { type NodeRunOptions, type NodeRunResult, runOnNode } from './run.ts';
