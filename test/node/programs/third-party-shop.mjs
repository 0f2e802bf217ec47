// A shop that pays at a third party, and hears of it later.
import http from 'node:http';
import { text } from 'node:stream/consumers';

http
  .createServer(async (request, response) => {
    const said = await text(request);
    if (request.url === '/paid') {
      console.log(`paid ${said}`);
      response.end();
      return;
    }
    const answer = await fetch(process.env.PAY_AT, { method: 'POST', body: said });
    response.writeHead(answer.status).end(await answer.text());
  })
  .listen(8080);
