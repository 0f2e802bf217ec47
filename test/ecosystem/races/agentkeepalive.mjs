// node-modules/agentkeepalive#57: a request leaves on a kept-alive socket just as the server gives
// up waiting, and ends in ECONNRESET. Until 4.1.4 the agent keeps a free socket for 15 s, a Node
// server for 5 s; since 4.2.0 the agent gives up after 4 s (#102).
import http from 'node:http';

const { default: Agent } = await import(`agentkeepalive-${process.argv[2]}`);
const agent = new Agent();

const poll = () =>
  new Promise((resolve, reject) => {
    http
      .get({ host: 'server', port: 8080, agent }, (response) => {
        response.resume().on('end', resolve);
      })
      .on('error', reject);
  });

// A client that polls every five seconds.
await poll();
let polls = 1;
const timer = setInterval(async () => {
  await poll();
  if (++polls < 5) return;
  clearInterval(timer);
  agent.destroy();
}, 5_000);
