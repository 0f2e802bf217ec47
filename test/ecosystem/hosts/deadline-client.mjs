// ladjs/superagent#1801: a deadline that comes at the end of an answer calls the callback twice.
import { setTimeout as sleep } from 'node:timers/promises';

const { default: superagent } = await import(`superagent-${process.argv[2]}`);
const warned = [];
console.warn = (text) => warned.push(text);
await superagent
  .get('http://server:8080/')
  .timeout(100)
  .then(
    ({ text }) => console.log(text),
    ({ message }) => console.log(message),
  );
await sleep(300);
if (warned.length > 0) throw new Error(warned.join('; '));
process.exit(0);
