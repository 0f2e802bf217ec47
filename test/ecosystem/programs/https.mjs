// https with keep-alive over real TLS: an RSA key, and an ECDSA key, whose signatures are not all
// of one length.
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';

const file = (name) => fs.readFileSync(new URL(name, import.meta.url));
async function use(key, cert) {
  const server = https.createServer({ key, cert }, (request, response) =>
    response.end(`secret ${request.url}`),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new https.Agent({ keepAlive: true, ca: cert });
  const ask = (path) =>
    new Promise((resolve, reject) => {
      https
        .get({ port: server.address().port, host: 'localhost', agent, path }, (response) => {
          let text = '';
          const protocol = response.socket.getProtocol();
          response
            .setEncoding('utf8')
            .on('data', (chunk) => {
              text += chunk;
            })
            .on('end', () => resolve(`${protocol} ${text}`));
        })
        .on('error', reject);
    });
  for (const path of ['/1', '/2', '/3']) console.log(await ask(path));
  agent.destroy();
  server.close();
  await once(server, 'close');
}
await use(file('key.pem'), file('cert.pem'));
await use(file('ec-key.pem'), file('ec-cert.pem'));
