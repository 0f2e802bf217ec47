import http from 'node:http';

const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });

const get = (path) =>
  new Promise((resolve, reject) => {
    http
      .get({ host: process.argv[2] ?? '127.0.0.1', port: 8080, path, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(`${text} ${response.headers.date}`));
      })
      .on('error', reject);
  });

for (const answer of await Promise.all(['/a', '/b', '/c'].map(get))) console.log(answer);
await new Promise((resolve) => setTimeout(resolve, 60_000));
console.log(new Date().toISOString(), Math.random(), process.hrtime.bigint());
agent.destroy();
