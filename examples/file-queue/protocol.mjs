import { createInterface } from 'node:readline';

/** `add JOB` is answered with `added`, and `list` with all jobs in one line. */
export function serve(socket, { add, list }) {
  socket.on('error', () => {});
  createInterface({ input: socket }).on('line', async (line) => {
    if (line === 'list') {
      socket.write(`${list().join(',')}\n`);
      return;
    }
    await add(line.slice('add '.length));
    socket.write('added\n');
  });
}
