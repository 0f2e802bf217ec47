// As server.mjs, and a job is on the disk before anybody is told so: the file is synced after each
// line, its folder and the folder of that once they are made, and of a line that was written when
// the power went nothing is kept.
import { mkdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { serve } from './protocol.mjs';

const PORT = Number(process.env.PORT ?? 7000);
const FOLDER = process.env.QUEUE ?? 'queue';

async function sync(folder) {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}

mkdirSync(FOLDER, { recursive: true });
const path = join(FOLDER, 'jobs');
const file = await open(path, 'a+');
// Not file.readFile, which takes a read of fewer bytes than there are for the end of the file.
const written = readFileSync(path, 'utf8');
const whole = written.slice(0, written.lastIndexOf('\n') + 1);
const jobs = whole.split('\n').filter((line) => /^job \d+$/.test(line));
await file.truncate(Buffer.byteLength(whole));
await file.sync();
await sync(FOLDER);
await sync(dirname(FOLDER));

async function add(job) {
  await file.appendFile(`${job}\n`);
  await file.datasync();
  jobs.push(job);
}

createServer((socket) => serve(socket, { add, list: () => jobs })).listen(PORT);
