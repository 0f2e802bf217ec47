/**
 * What load.c does, for machines without a C compiler: `load.ts PORT CONNECTIONS BYTES WARMUP_MS
 * MS`. Node's own sockets are the slower end then, so all servers look more alike.
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const [port = 0, connections = 0, bytes = 0, warmupMs = 0, timeMs = 0] = process.argv
  .slice(2)
  .map(Number);
const message = Buffer.alloc(bytes, 'A');
const trips = Array.from({ length: connections }, (_, i) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(message));
  let got = 0;
  socket.on('data', ({ length }) => {
    got += length;
    if (got < bytes) return;
    got = 0;
    (trips as number[])[i] = (trips[i] as number) + 1;
    socket.write(message);
  });
  return 0;
});

await pause(warmupMs);
const before = [...trips];
const began = process.hrtime.bigint();
await pause(timeMs);
const lasted = process.hrtime.bigint() - began;
const counts = trips.map((count, i) => count - (before[i] as number));
process.stdout.write([lasted, ...counts].join('\n'), () => process.exit(0));
