// node:tls and node:https: handshakes, what each side learns of the other, and how they fail.
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

const pem = (name) =>
  fs.readFileSync(new URL(`../../../ecosystem/programs/${name}.pem`, import.meta.url));
const RSA = { key: pem('key'), cert: pem('cert') };
const EC = { key: pem('ec-key'), cert: pem('ec-cert') };

const listening = async (server) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
};
const textOf = async (stream) => {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
};
const codeOf = ({ code, message }) => code ?? message;

/** One connection: what `look` sees of both sides once they know each other. */
const secured = async (look, { server: atServer = {}, client: atClient = {} } = {}) => {
  const server = tls.createServer({ ...RSA, ...atServer });
  const port = await listening(server);
  const client = tls.connect({
    port,
    host: '127.0.0.1',
    ca: RSA.cert,
    rejectUnauthorized: false,
    ...atClient,
  });
  const [[accepted]] = await Promise.all([
    once(server, 'secureConnection'),
    once(client, 'secureConnect'),
  ]);
  const saw = await look(client, accepted);
  client.destroy();
  accepted.destroy();
  server.close();
  return saw;
};

/** A connection that comes to nothing: what each side hears. */
const failing = async (connect, options = RSA) => {
  const server = tls.createServer(options);
  const port = await listening(server);
  const heard = [];
  const atServer = new Promise((resolve) => {
    server.on('tlsClientError', (error) => resolve(heard.push(`server ${codeOf(error)}`)));
  });
  const client = connect(port);
  client.on('error', (error) => heard.push(`client ${codeOf(error)}`));
  await Promise.all([atServer, new Promise((resolve) => client.on('close', resolve))]);
  server.close();
  return heard.sort();
};

const request = async (
  options,
  { handler = (_, response) => response.end('ok'), server: more = {} } = {},
) => {
  const server = https.createServer({ ...RSA, ...more }, handler);
  const port = await listening(server);
  const asked = https.get({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    agent: false,
    ...options,
  });
  try {
    const [response] = await once(asked, 'response');
    return [response.statusCode, await textOf(response)];
  } catch (error) {
    return codeOf(error);
  } finally {
    server.close();
    server.closeAllConnections();
  }
};

export const TABLE = {
  'tls: bytes of both directions': () =>
    secured(async (client, accepted) => {
      accepted.end('from the server');
      client.end('from the client');
      return Promise.all([textOf(client), textOf(accepted)]);
    }),
  'tls: with an EC key': () =>
    secured(
      async (client, accepted) => {
        accepted.end('x');
        client.resume();
        await once(client, 'end');
        return [client.getCipher().name, client.getProtocol()];
      },
      { server: EC },
    ),
  'tls: versions': () =>
    secured((client, accepted) => [client.getProtocol(), accepted.getProtocol()], {
      client: { maxVersion: 'TLSv1.2' },
    }),
  'tls: ALPN': () =>
    secured((client, accepted) => [client.alpnProtocol, accepted.alpnProtocol], {
      server: { ALPNProtocols: ['b', 'c'] },
      client: { ALPNProtocols: ['a', 'c'] },
    }),
  'tls: the name that is asked for': () =>
    secured((client, accepted) => [client.servername, accepted.servername], {
      client: { servername: 'a.example' },
    }),
  'tls: SNICallback': async () => {
    const asked = [];
    const SNICallback = (name, done) => {
      asked.push(name);
      done(null, tls.createSecureContext(EC));
    };
    const cipher = await secured((client) => client.getCipher().standardName, {
      server: { SNICallback },
      client: { servername: 'b.example', maxVersion: 'TLSv1.2' },
    });
    return [asked, cipher];
  },
  'tls: flags of both sides': () =>
    secured((client, accepted) => [
      [client.encrypted, client.authorized, String(client.authorizationError)],
      [accepted.encrypted, accepted.authorized, accepted.isSessionReused()],
    ]),
  'tls: the certificate of the other': () =>
    secured((client, accepted) => [
      Object.keys(client.getPeerCertificate().subject),
      Object.keys(accepted.getPeerCertificate()),
    ]),
  'tls: keying material is the same': () =>
    secured((client, accepted) =>
      client.exportKeyingMaterial(16, 'label').equals(accepted.exportKeyingMaterial(16, 'label')),
    ),
  'tls: addresses': () =>
    secured((client, accepted) => [
      client.remoteAddress,
      client.remotePort === accepted.localPort,
      accepted.remoteFamily,
    ]),
  'tls: bytes are counted': () =>
    secured(async (client, accepted) => {
      client.write('12345');
      await once(accepted, 'data');
      return [client.bytesWritten > 5, accepted.bytesRead > 5, client.bytesRead > 0];
    }),
  'tls: a timeout': () =>
    secured(async (client) => {
      client.setTimeout(10);
      await once(client, 'timeout');
      return client.destroyed;
    }),
  'tls: over a socket that is there': async () => {
    const server = tls.createServer(RSA, (socket) => socket.end('upgraded'));
    const port = await listening(server);
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = tls.connect({ socket, rejectUnauthorized: false });
    const text = await textOf(client);
    server.close();
    return text;
  },
  'tls: a certificate that nobody has signed': () =>
    failing((port) => tls.connect(port, '127.0.0.1')),
  'tls: no version in common': () =>
    failing(
      (port) =>
        tls.connect({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2', rejectUnauthorized: false }),
      {
        ...RSA,
        minVersion: 'TLSv1.3',
      },
    ),
  'tls: a client that speaks no TLS': () =>
    failing((port) => {
      const client = net.connect(port, '127.0.0.1');
      client.end('GET / HTTP/1.1\r\n\r\n');
      return client.resume();
    }),
  'tls: a server that speaks no TLS': async () => {
    const server = net.createServer((socket) =>
      socket.on('error', () => {}).end('hello, who is there?\r\n'),
    );
    const port = await listening(server);
    const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const [error] = await once(client, 'error');
    server.close();
    return codeOf(error);
  },
  'tls: a server that hangs up at once': async () => {
    const server = net.createServer((socket) => socket.end());
    const port = await listening(server);
    const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const [error] = await once(client, 'error');
    server.close();
    return [codeOf(error), error.message];
  },
  'tls: the order of events': async () => {
    const seen = [];
    const server = tls.createServer(RSA, (socket) => socket.end('x'));
    const port = await listening(server);
    const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    for (const event of ['connect', 'secureConnect', 'ready', 'data', 'end', 'close']) {
      client.on(event, () => seen.push(event));
    }
    client.resume();
    await once(client, 'close');
    server.close();
    return seen;
  },
  'https: a request': () => request({}),
  'https: its path and method': () =>
    request(
      { path: '/a?b', method: 'PUT' },
      { handler: ({ method, url }, response) => response.end(`${method} ${url}`) },
    ),
  'https: a certificate that nobody has signed': () => request({ rejectUnauthorized: true }),
  'https: another name than the certificate has': () =>
    request({ rejectUnauthorized: true, ca: RSA.cert, servername: 'other.example' }),
  'https: checkServerIdentity': () =>
    request({
      rejectUnauthorized: true,
      ca: RSA.cert,
      checkServerIdentity: () => new Error('not this one'),
    }),
  'https: a server that hangs up': () => request({}, { handler: ({ socket }) => socket.destroy() }),
  'https: asked over http': async () => {
    const server = https.createServer(RSA);
    const port = await listening(server);
    const asked = http.get({ port, host: '127.0.0.1', agent: false });
    const [error] = await once(asked, 'error');
    server.close();
    return codeOf(error);
  },
  'https: an agent keeps its connection': async () => {
    const server = https.createServer(RSA, (_, response) => response.end('x'));
    const port = await listening(server);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const reused = [];
    for (let i = 0; i < 3; i++) {
      const asked = https.get({ port, host: '127.0.0.1', agent });
      const [response] = await once(asked, 'response');
      await textOf(response);
      reused.push(asked.reusedSocket);
      await new Promise((resolve) => setImmediate(resolve));
    }
    agent.destroy();
    server.close();
    return reused;
  },
};

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  TABLE[`tls: ticks and promises between what comes of a ${version} connection`] = async () => {
    const server = tls.createServer({ ...RSA, maxVersion: version }, (socket) => socket.end('x'));
    const heard = [];
    const client = tls.connect({
      port: await listening(server),
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    for (const event of ['secureConnect', 'session', 'data', 'end']) {
      client.on(event, () => {
        heard.push(event);
        process.nextTick(() => heard.push(`tick of ${event}`));
        Promise.resolve().then(() => heard.push(`promise of ${event}`));
      });
    }
    await once(client, 'close');
    server.close();
    return heard;
  };
}
