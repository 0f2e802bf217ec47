// http2, in the clear and over TLS: several streams at once.
import { once } from 'node:events';
import fs from 'node:fs';
import http2 from 'node:http2';

const file = (name) => fs.readFileSync(new URL(name, import.meta.url));
const answer = (stream, headers) => {
  stream.respond({ ':status': 200, 'x-path': headers[':path'] });
  stream.end(`h2 ${headers[':path']}`);
};
async function use(server, origin, options) {
  server.on('stream', answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = http2.connect(`${origin}:${server.address().port}`, options);
  const ask = (path) =>
    new Promise((resolve, reject) => {
      let text = '';
      const stream = session.request({ ':path': path });
      stream
        .setEncoding('utf8')
        .on('data', (chunk) => {
          text += chunk;
        })
        .on('end', () => resolve(text))
        .on('error', reject);
      stream.end();
    });
  console.log(...(await Promise.all(['/a', '/b', '/c'].map(ask))));
  session.close();
  server.close();
  await once(server, 'close');
}
await use(http2.createServer(), 'http://127.0.0.1');
await use(
  http2.createSecureServer({ key: file('key.pem'), cert: file('cert.pem') }),
  'https://localhost',
  { ca: file('cert.pem') },
);
