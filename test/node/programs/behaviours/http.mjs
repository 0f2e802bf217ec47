// node:http, node:http2, names, and what is compressed: each row asks for something and tells what
// came of it.
import crypto from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const listening = async (server) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
};
const textOf = async (stream) => {
  let text = '';
  for await (const chunk of stream.setEncoding('latin1')) text += chunk;
  return text;
};

/** One exchange: what the server saw, and what it answered as the client saw it. */
const exchange = async (handler, options = {}, body = undefined) => {
  const server = http.createServer(handler);
  const port = await listening(server);
  const request = http.request({ port, host: '127.0.0.1', agent: false, ...options });
  request.end(body);
  try {
    const [response] = await once(request, 'response');
    return {
      status: response.statusCode,
      headers: response.headers,
      text: await textOf(response),
      response,
    };
  } catch (error) {
    return { failed: [error.code, error.message] };
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

export const TABLE = {};
for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
  for (const chunked of [true, false]) {
    TABLE[`http ${method}, ${chunked ? 'chunked' : 'with a length'}`] = async () => {
      const headers = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': 4 };
      const { status, text } = await exchange(
        async (request, response) => response.end(`${request.method} ${await textOf(request)}`),
        { method, headers },
        'body',
      );
      return [status, text];
    };
  }
}
for (const status of [200, 201, 204, 206, 301, 304, 400, 404, 418, 500, 503]) {
  TABLE[`http status ${status}`] = async () => {
    const saw = await exchange((_, response) =>
      response.writeHead(status, { 'x-own': 'y' }).end('text'),
    );
    return [
      saw.status,
      saw.text,
      saw.headers['x-own'],
      saw.headers['transfer-encoding'],
      saw.response.statusMessage,
    ];
  };
}
for (const version of ['1.0', '1.1']) {
  for (const connection of ['close', 'keep-alive', '']) {
    TABLE[`http ${version} over a socket, connection ${connection || 'not said'}`] = async () => {
      const server = http.createServer((_, response) => response.end('x'));
      const socket = net.connect(await listening(server), '127.0.0.1');
      socket.write(
        `GET / HTTP/${version}\r\nhost: x\r\n${connection && `connection: ${connection}\r\n`}\r\n`,
      );
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk) => {
        text += chunk;
      });
      const ended = await Promise.race([
        once(socket, 'end').then(() => true),
        new Promise((resolve) => setTimeout(resolve, 60, false)),
      ]);
      socket.destroy();
      server.closeAllConnections();
      server.close();
      return [ended, text.replace(/date: .*\r\n/i, '')];
    };
  }
}
const WRONG = {
  'no request at all': 'nonsense\r\n\r\n',
  'no host': 'GET / HTTP/1.1\r\n\r\n',
  'a bad header': 'GET / HTTP/1.1\r\nhost: x\r\nb ad: y\r\n\r\n',
  'two lengths': 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
  'a bad chunk': 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'a header too long': `GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`,
};
for (const [name, bytes] of Object.entries(WRONG)) {
  TABLE[`http, ${name}`] = async () => {
    const server = http.createServer((request, response) => {
      request.on('error', () => {}).resume();
      response.end('x');
    });
    const socket = net.connect(await listening(server), '127.0.0.1');
    socket.on('error', () => {});
    socket.end(bytes);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'close');
    server.close();
    return text.split('\r\n')[0];
  };
}
Object.assign(TABLE, {
  'http pipelined': async () => {
    const server = http.createServer((request, response) =>
      setTimeout(() => response.end(request.url), request.url === '/a' ? 9 : 1),
    );
    const socket = net.connect(await listening(server), '127.0.0.1');
    socket.write(
      'GET /a HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    );
    const text = await textOf(socket);
    server.close();
    return text.match(/^\/[ab]/gm) ?? text.match(/\/[ab]/g);
  },
  'http 100-continue': async () => {
    const server = http.createServer((request, response) => request.pipe(response));
    const request = http.request({
      port: await listening(server),
      host: '127.0.0.1',
      method: 'POST',
      agent: false,
      headers: { expect: '100-continue' },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('late');
    const [response] = await once(request, 'response');
    const text = await textOf(response);
    server.close();
    return text;
  },
  'http trailers': async () =>
    (
      await exchange((_, response) => {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('a');
        response.addTrailers({ 'x-sum': '7' });
        response.end();
      })
    ).response.trailers,
  'http upgrade': async () => {
    const server = http
      .createServer()
      .on('upgrade', (_, socket) =>
        socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nraw',
        ),
      );
    const request = http.request({
      port: await listening(server),
      host: '127.0.0.1',
      agent: false,
      headers: { connection: 'upgrade', upgrade: 'x' },
    });
    request.end();
    const [response, socket, head] = await once(request, 'upgrade');
    const text = String(head) + (await textOf(socket));
    server.close();
    return [response.statusCode, text];
  },
  'http, the server hangs up': async () =>
    (await exchange((request) => request.socket.destroy())).failed,
  'http, the server hangs up in the middle': async () => {
    const saw = await exchange((request, response) => {
      response.writeHead(200, { 'content-length': 9 });
      response.write('x', () => request.socket.destroy());
    });
    return [saw.failed];
  },
  'http, the client goes away': () =>
    new Promise((resolve) => {
      const server = http.createServer((request, response) => {
        const seen = [];
        request.on('close', () => seen.push('request'));
        response.on('close', () => {
          seen.push(`response ${response.writableFinished}`);
          setTimeout(() => {
            server.close();
            resolve(seen);
          }, 5);
        });
        client.destroy();
      });
      let client;
      server.listen(0, '127.0.0.1', () => {
        client = http
          .get({ port: server.address().port, host: '127.0.0.1', agent: false })
          .on('error', () => {});
      });
    }),
  'http keep-alive: one socket for all': async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set();
    const server = http.createServer((request, response) => {
      sockets.add(request.socket);
      response.end('x');
    });
    const port = await listening(server);
    for (let i = 0; i < 3; i++) {
      const [response] = await once(http.get({ port, host: '127.0.0.1', agent }), 'response');
      await textOf(response);
    }
    agent.destroy();
    server.close();
    return sockets.size;
  },
  'http setTimeout': async () => {
    const server = http.createServer(() => {});
    const request = http.get({
      port: await listening(server),
      host: '127.0.0.1',
      agent: false,
      timeout: 15,
    });
    request.on('error', () => {});
    await once(request, 'timeout');
    request.destroy();
    server.closeAllConnections();
    server.close();
    return 'timeout';
  },
  'http keepAliveTimeout ends the connection': async () => {
    const server = http.createServer((_, response) => response.end('x'));
    server.keepAliveTimeout = 20;
    const socket = net.connect(await listening(server), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    socket.resume();
    await once(socket, 'end');
    server.close();
    return true;
  },
  'fetch of a JSON text': async () => {
    const server = http.createServer(async (request, response) =>
      response.end(JSON.stringify({ got: await textOf(request) })),
    );
    const response = await fetch(`http://127.0.0.1:${await listening(server)}/`, {
      method: 'POST',
      body: 'x',
    });
    const saw = await response.json();
    server.closeAllConnections();
    server.close();
    return saw;
  },
  'fetch that is aborted': async () => {
    const server = http.createServer(() => {});
    const abort = new AbortController();
    const asked = fetch(`http://127.0.0.1:${await listening(server)}/`, { signal: abort.signal });
    setTimeout(() => abort.abort(), 10);
    const saw = await asked.catch(({ name }) => name);
    server.closeAllConnections();
    server.close();
    return saw;
  },
  'fetch of nobody': async () =>
    await fetch('http://127.0.0.1:1/').catch(({ message, cause }) => [
      message,
      cause.code,
      cause.syscall,
    ]),
});

/**
 * A session of HTTP/2 with one request, told by who hears it: what is under way between the two
 * ends may overtake. It is over when the stream is closed at both.
 */
const session = async (onStream, use) => {
  const seen = [];
  const note =
    (who, what) =>
    (...args) => {
      seen.push([
        who,
        what,
        ...args.map((arg) => (arg instanceof Error ? (arg.code ?? arg.message) : arg)),
      ]);
    };
  const closed = [];
  const server = http2.createServer();
  server.on('session', (made) => made.on('error', note('server session', 'error')));
  closed.push(
    new Promise((resolve) =>
      server.on('stream', (stream) => {
        stream.on('error', note('server stream', 'error'));
        stream.on('close', () => note('server stream', 'close')(stream.rstCode));
        stream.on('close', resolve);
        onStream(stream);
      }),
    ),
  );
  const client = http2.connect(`http://127.0.0.1:${await listening(server)}`);
  client.on('error', note('client session', 'error'));
  client.once('goaway', (code) => note('client session', 'goaway')(code));
  const request = client.request({ ':path': '/' });
  request.on('response', (headers) => note('client stream', 'response')(headers[':status']));
  request.on('error', note('client stream', 'error'));
  request.on('end', () => note('client stream', 'end')());
  request.on('close', () => note('client stream', 'close')(request.rstCode));
  closed.push(new Promise((resolve) => request.on('close', resolve)));
  request.resume();
  const more = use?.({ client, request });
  await Promise.all([...closed, more]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  client.destroy();
  server.close();
  return ['server session', 'server stream', 'client session', 'client stream'].map((who) =>
    seen.filter(([teller]) => teller === who),
  );
};
for (const code of [0, 1, 2, 5, 7, 8, 11]) {
  TABLE[`http2, the server destroys the session with ${code}`] = () =>
    session((stream) => stream.session.destroy(code));
  TABLE[`http2, the server closes the stream with ${code}`] = () =>
    session((stream) => stream.close(code));
  TABLE[`http2, the client closes the stream with ${code}`] = () =>
    session(
      (stream) => stream.respond(),
      ({ request }) => {
        request.on('response', () => request.close(code));
      },
    );
  TABLE[`http2, the server says goaway with ${code}`] = () =>
    session((stream) => {
      stream.session.goaway(code);
      stream.respond();
      stream.end('x');
    });
}
Object.assign(TABLE, {
  'http2 answers': () =>
    session((stream) => {
      stream.respond({ ':status': 201 });
      stream.end('x');
    }),
  'http2 answers without a body': () =>
    session((stream) => stream.respond({ ':status': 204 }, { endStream: true })),
  'http2, the session closes when the answer is there': () =>
    session((stream) => {
      stream.respond();
      stream.end('x');
      stream.session.close();
    }),
  'http2, the client destroys its session': () =>
    session(
      (stream) => stream.respond(),
      ({ client, request }) => {
        request.on('response', () => client.destroy());
      },
    ),
  'http2 ping': async () => {
    let saw;
    await session(
      (stream) => {
        stream.respond();
        stream.end('x');
      },
      ({ client }) =>
        new Promise((resolve) => {
          client.on('connect', () =>
            client.ping(Buffer.from('12345678'), (error, ms, payload) => {
              saw = [error, ms > 0 && ms < 5_000, String(payload)];
              resolve();
            }),
          );
        }),
    );
    return saw;
  },
  'http2 ping without a payload': async () => {
    let saw;
    await session(
      (stream) => {
        stream.respond();
        stream.end('x');
      },
      ({ client }) =>
        new Promise((resolve) => {
          client.on('connect', () =>
            client.ping((error, ms, payload) => {
              saw = [error, ms > 0, payload.length];
              resolve();
            }),
          );
        }),
    );
    return saw;
  },
});

/** What is heard of a stream, each with what its ticks and promises do before the next. */
const followed = (stream, events) => {
  const heard = [];
  for (const event of events) {
    stream.on(event, () => {
      heard.push(event);
      process.nextTick(() => heard.push(`tick of ${event}`));
      Promise.resolve().then(() => heard.push(`promise of ${event}`));
    });
  }
  return heard;
};
for (const [what, body] of [
  ['a short body', 'x'],
  ['a long body', 'x'.repeat(40_000)],
  ['no body', undefined],
]) {
  TABLE[`http2: ticks and promises between what comes of an answer with ${what}`] = async () => {
    const server = http2.createServer((_, response) => response.end(body));
    const client = http2.connect(`http://127.0.0.1:${await listening(server)}`);
    const request = client.request({ ':path': '/' });
    const heard = followed(request, ['response', 'data', 'end']);
    await once(request, 'close');
    client.destroy();
    server.close();
    return heard.filter((each, at) => each !== heard[at - 1]).slice(0, 4);
  };
}
for (const [what, text] of [
  ['a body in chunks', 'transfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n'],
  ['a body with a length', 'content-length: 2\r\n\r\nab'],
  ['trailers', 'transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-own: y\r\n\r\n'],
]) {
  TABLE[`http: ticks and promises between what comes of a request with ${what}`] = async () => {
    let heard;
    const server = http.createServer((request, response) => {
      heard = followed(request, ['data', 'end']);
      request.on('end', () => response.end());
    });
    const socket = net.connect(await listening(server), '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${text}`);
    await textOf(socket);
    server.close();
    return heard;
  };
}
TABLE['http: requests in one piece, and what their promises do in between'] = async () => {
  const heard = [];
  const server = http.createServer(async ({ url }, response) => {
    heard.push(url);
    await null;
    heard.push(`promise of ${url}`);
    response.end();
  });
  const socket = net.connect(await listening(server), '127.0.0.1');
  const end = 'HTTP/1.1\r\nhost: x\r\n';
  socket.write(`GET /1 ${end}\r\nGET /2 ${end}\r\nGET /3 ${end}connection: close\r\n\r\n`);
  await textOf(socket);
  server.close();
  return heard;
};
for (const [what, send] of [
  ['settings', (stream) => stream.session.settings({ maxConcurrentStreams: 3 })],
  ['a part of the body', (stream) => stream.write('x')],
  ['goaway', (stream) => stream.session.goaway(0)],
]) {
  TABLE[`http2: ${what} that a timer sends comes before a later timer`] = async () => {
    const server = http2.createServer();
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.respond();
      setTimeout(send, 20, stream);
    });
    const client = http2.connect(`http://127.0.0.1:${await listening(server)}`);
    const request = client.request({ ':path': '/' });
    const heard = [];
    request.on('data', () => heard.push('data'));
    request.on('error', () => {});
    client.on('goaway', () => heard.push('goaway'));
    client.on('remoteSettings', ({ maxConcurrentStreams }) => heard.push(maxConcurrentStreams));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const saw = [...heard];
    client.destroy();
    server.close();
    return saw;
  };
}

for (const [packs, unpacks] of [
  ['gzip', 'gunzip'],
  ['deflate', 'inflate'],
  ['deflateRaw', 'inflateRaw'],
  ['brotliCompress', 'brotliDecompress'],
]) {
  TABLE[`zlib.${packs} and back`] = async () =>
    String(await promisify(zlib[unpacks])(await promisify(zlib[packs])('some text '.repeat(50))));
  TABLE[`zlib.${unpacks} of garbage`] = () =>
    promisify(zlib[unpacks])(Buffer.from([255, 255, 255, 1, 2, 3])).catch(({ code, errno }) => [
      code,
      errno,
    ]);
  TABLE[`zlib.${unpacks} of a part`] = async () =>
    promisify(zlib[unpacks])((await promisify(zlib[packs])('x'.repeat(99))).subarray(0, 8)).catch(
      ({ code }) => code,
    );
  TABLE[`zlib.${packs}: events of a stream, in order`] = () =>
    new Promise((resolve) => {
      const seen = [];
      const stream = zlib[`create${packs[0].toUpperCase()}${packs.slice(1)}`]();
      for (const name of ['data', 'end', 'finish', 'close']) stream.on(name, () => seen.push(name));
      stream.on('close', () => resolve(seen));
      stream.write('x', () => seen.push('written'));
      stream.end('y');
    });
  TABLE[`zlib.${unpacks}: callbacks after an error`] = () =>
    new Promise((resolve) => {
      const seen = [];
      const stream = zlib[`create${unpacks[0].toUpperCase()}${unpacks.slice(1)}`]();
      stream
        .on('error', ({ code }) => seen.push(code))
        .on('close', () => setTimeout(resolve, 3, seen));
      stream.write(Buffer.from([255, 255, 255, 1, 2, 3]), (error) =>
        seen.push(`written ${error?.code}`),
      );
      stream.flush(() => seen.push('flushed'));
    });
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');
Object.assign(TABLE, {
  'crypto.pbkdf2': async () => hex(await promisify(crypto.pbkdf2)('a', 'b', 2, 8, 'sha256')),
  'crypto.scrypt': async () => hex(await promisify(crypto.scrypt)('a', 'b', 8, { N: 2 })),
  'crypto.scrypt beyond its memory': () =>
    new Promise((resolve) => {
      try {
        crypto.scrypt('a', 'b', 8, { N: 2 ** 20 }, () => resolve('called'));
      } catch ({ code }) {
        resolve(code);
      }
    }),
  'crypto.hkdf': async () => hex(await promisify(crypto.hkdf)('sha256', 'a', 'b', 'c', 8)),
  'crypto.randomBytes': async () => (await promisify(crypto.randomBytes)(12)).length,
  'crypto.randomInt': async () => {
    const n = await promisify(crypto.randomInt)(5, 9);
    return n >= 5 && n < 9;
  },
  'crypto.randomUUID': async () =>
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(
      crypto.randomUUID(),
    ),
  'crypto.generateKeyPair': async () => {
    const { publicKey, privateKey } = await promisify(crypto.generateKeyPair)('ed25519');
    return [
      publicKey.asymmetricKeyType,
      crypto.verify(
        null,
        Buffer.from('x'),
        publicKey,
        crypto.sign(null, Buffer.from('x'), privateKey),
      ),
    ];
  },
  'crypto.subtle: sign and verify': async () => {
    const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, [
      'sign',
      'verify',
    ]);
    return crypto.subtle.verify(
      'HMAC',
      key,
      await crypto.subtle.sign('HMAC', key, Buffer.from('x')),
      Buffer.from('x'),
    );
  },
});

const looked = (...args) =>
  new Promise((resolve) =>
    dns.lookup(...args, (error, address, family) =>
      resolve(error ? [error.code, error.syscall, error.hostname] : [address, family]),
    ),
  );
for (const name of ['127.0.0.1', '::1', '10.1.2.3']) {
  for (const options of [undefined, { family: 4 }, { all: true }]) {
    TABLE[`dns.lookup of ${JSON.stringify(name)}, ${JSON.stringify(options)}`] = () =>
      looked(name, ...(options ? [options] : []));
  }
}
Object.assign(TABLE, {
  'dns.lookup of localhost, IPv4': () => looked('localhost', 4),
  'dns.lookup with its own options wrong': async () => {
    try {
      dns.lookup('x', { family: 7 }, () => {});
    } catch ({ code }) {
      return code;
    }
  },
  'dns.promises.lookup': () => dns.promises.lookup('localhost', { family: 4 }),
});

for (const host of ['127.0.0.1', '::1', '::', '0.0.0.0', 'localhost']) {
  for (const to of ['127.0.0.1', '::1', 'localhost']) {
    TABLE[`net: who listens on ${host} is reached by ${to}`] = async () => {
      const server = net.createServer((socket) => socket.end());
      server.listen({ port: 0, host });
      await once(server, 'listening');
      const { address, family, port } = server.address();
      const ends = (socket) => [socket.remoteAddress, socket.remoteFamily, socket.localAddress];
      const accepted = new Promise((resolve) =>
        server.on('connection', (socket) => resolve(ends(socket))),
      );
      const socket = net.connect({ port, host: to, ...(to === 'localhost' ? { family: 4 } : {}) });
      const saw = await new Promise((resolve) => {
        socket.on('connect', () => resolve(ends(socket)));
        socket.on('error', ({ code, address: at }) => resolve([code, at]));
      });
      const there = saw.length === 3 ? await accepted : [];
      socket.destroy();
      server.close();
      return [address, family, ...saw, ...there];
    };
  }
}
