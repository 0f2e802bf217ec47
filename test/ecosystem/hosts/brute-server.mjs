// AdamPflug/express-brute#46: the middleware reads how often somebody has tried, decides, and writes
// it back, so two tries at once count as one. VERSION: express-brute over a store on another host,
// or rate-limiter-flexible in the program itself, which counts at once.
import net from 'node:net';
import readline from 'node:readline';
import express from 'express';
import ExpressBrute from 'express-brute';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** A store as express-brute wants it, whose answers come over a connection. */
function remoteStore() {
  const socket = net.connect(7000, 'store');
  const waiting = new Map();
  readline.createInterface({ input: socket }).on('line', (line) => {
    const { id, value } = JSON.parse(line);
    waiting.get(id)(value);
    waiting.delete(id);
  });
  let last = 0;
  const ask = (op, key, value) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      socket.write(`${JSON.stringify({ id: last, op, key, value })}\n`);
    });
  const withDates = (value) =>
    value && {
      ...value,
      lastRequest: new Date(value.lastRequest),
      firstRequest: new Date(value.firstRequest),
    };
  return {
    set: (key, value, _seconds, done) => ask('set', key, value).then(() => done?.(null)),
    get: (key, done) => ask('get', key).then((value) => done(null, withDates(value))),
    reset: (key, done) => ask('reset', key).then(() => done?.(null)),
  };
}

const app = express();
if (process.argv[2] === 'repaired') {
  const limiter = new RateLimiterMemory({ points: 3, duration: 60 });
  app.use((request, response, next) =>
    limiter.consume(request.ip).then(
      () => next(),
      () => response.status(429).end(),
    ),
  );
} else {
  const limits = { freeRetries: 2, minWait: 60_000, maxWait: 60_000 };
  app.use(new ExpressBrute(remoteStore(), limits).prevent);
}
app.get('/login', (_request, response) => response.end('wrong password'));
app.listen(8080);
