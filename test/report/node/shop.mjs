// Sells one seat: it looks whether it is free, and takes it after a while.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

let owner;
http
  .createServer(async (request, response) => {
    const name = new URL(request.url, 'http://shop').searchParams.get('for');
    const free = owner === undefined;
    await sleep(5);
    if (free) owner = name;
    response.writeHead(free ? 200 : 409).end(JSON.stringify({ yours: free }));
  })
  .listen(8080);
