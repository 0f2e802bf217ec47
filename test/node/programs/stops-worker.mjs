// Says that it is ready, and only then learns how it is to be stopped.
import { readFile } from 'node:fs/promises';

const FIRST = process.argv[2] === 'fixed';
const saveAtEnd = () => {
  process.on('SIGTERM', () => {
    console.log('saved');
    process.exit(0);
  });
};

if (FIRST) saveAtEnd();
process.send('ready');
await readFile(new URL(import.meta.url));
if (!FIRST) saveAtEnd();
setInterval(() => {}, 1_000);
