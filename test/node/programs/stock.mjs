// Two workers of a cluster sell what is in stock: one piece, in a file that they share.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';

const STOCK = '/tmp/heddle-stock';
const isFixed = process.argv[2] === 'fixed';

/** Asks its primary, which sells one at a time. */
async function ask() {
  process.send('sell');
  const [answer] = await once(process, 'message');
  return answer;
}

function sell() {
  const count = Number(readFileSync(STOCK, 'utf8'));
  if (count > 0) writeFileSync(STOCK, String(count - 1));
  return count > 0 ? 'sold' : 'none';
}

const buy = () => fetch('http://127.0.0.1:8080').then((response) => response.text());

if (cluster.isPrimary) {
  writeFileSync(STOCK, '1');
  const workers = [cluster.fork(), cluster.fork()];
  for (const worker of workers) worker.on('message', () => worker.send(sell()));
  await Promise.all(workers.map((worker) => once(worker, 'listening')));
  const answers = await Promise.all([buy(), buy()]);
  console.log(answers.sort().join());
  process.exit(answers.filter((answer) => answer === 'sold').length === 1 ? 0 : 1);
} else {
  http
    .createServer(async (_, response) => response.end(isFixed ? await ask() : sell()))
    .listen(8080);
}
