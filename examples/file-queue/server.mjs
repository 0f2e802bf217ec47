// A queue of jobs that survives its process: each job is a line of a file, and whoever adds one is
// told when it is written. A machine that loses its power loses what was written and not synced.
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { serve } from './protocol.mjs';

const PORT = Number(process.env.PORT ?? 7000);
const FOLDER = process.env.QUEUE ?? 'queue';

mkdirSync(FOLDER, { recursive: true });
const file = await open(join(FOLDER, 'jobs'), 'a+');
const jobs = (await file.readFile('utf8')).split('\n').filter((line) => line !== '');

async function add(job) {
  await file.appendFile(`${job}\n`);
  jobs.push(job);
}

createServer((socket) => serve(socket, { add, list: () => jobs })).listen(PORT);
