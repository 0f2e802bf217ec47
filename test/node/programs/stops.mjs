// Stops its worker as soon as that is ready, and wants it to have saved what it has.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const worker = fork(
  fileURLToPath(new URL('stops-worker.mjs', import.meta.url)),
  process.argv.slice(2),
);
worker.on('message', () => worker.kill());
worker.on('exit', (code, signal) => {
  console.log(code, signal);
  process.exitCode = signal === null ? 0 : 1;
});
