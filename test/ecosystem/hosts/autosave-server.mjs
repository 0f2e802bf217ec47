// Keeps one document. VERSION: repaired takes no version that is older than what it has.
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

let kept = { version: 0, text: '' };
const server = http.createServer(async (request, response) => {
  if (request.method === 'PUT') {
    const given = await json(request);
    await sleep(Math.random() * 3);
    if (process.argv[2] !== 'repaired' || given.version > kept.version) kept = given;
  }
  response.end(kept.text);
});
server.listen(8080);
