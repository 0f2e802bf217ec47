// nodejs/undici#3141: a socket is still taken for alive at the moment at which the server, as it
// had said, closes it. Until 6.13 the client gives up a socket one second before that, by a clock
// that is up to a second late; since 6.15 two.
const { Agent, request } = await import(`undici-${process.argv[2]}`);
const dispatcher = new Agent();

const poll = async () => {
  const { body } = await request('http://server:8080/', { dispatcher });
  await body.text();
};

// A client that polls every five seconds.
await poll();
let polls = 1;
const timer = setInterval(async () => {
  await poll();
  if (++polls < 6) return;
  clearInterval(timer);
  await dispatcher.close();
}, 5_000);
