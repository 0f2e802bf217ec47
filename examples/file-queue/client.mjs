// Adds jobs, each again until it is told that it is there, and looks for them at the end.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = Number(process.env.PORT ?? 7000);
const TRIES_MAX = 50;

/** One line there, one line back; nothing where the server is gone. */
const ask = (line) =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect(PORT, process.env.SERVER ?? 'server', () => socket.write(`${line}\n`));
    socket.on('data', (bytes) => {
      answer += bytes;
      if (answer.endsWith('\n')) socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer.endsWith('\n') ? answer.trim() : undefined));
  });

async function insist(line) {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await ask(line);
    if (answer !== undefined) return answer;
    await sleep(20);
  }
  throw new Error(`the server does not come back to answer ${line}`);
}

const jobs = ['job 1', 'job 2', 'job 3'];
for (const job of jobs) await insist(`add ${job}`);
const there = (await insist('list')).split(',');
const lost = jobs.filter((job) => !there.includes(job));
if (lost.length > 0) {
  console.error(
    `${lost.join(' and ')} were added, and the queue has ${there.join(', ') || 'none'}`,
  );
  process.exitCode = 1;
}
