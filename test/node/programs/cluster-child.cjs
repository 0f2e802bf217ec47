// What the program of cluster.mjs starts: what it does is its first argument.
const cluster = require('node:cluster');
const http = require('node:http');

const DOES = {
  socket: () => {
    process.on('message', (message, socket) => {
      socket.on('data', (part) => socket.end(`child got ${part}`));
      socket.resume();
      socket.on('close', () => {
        console.log(message, socket.constructor.name);
        process.disconnect();
      });
    });
    process.send('ready');
  },
  server: () => {
    process.on('message', (message, server) => {
      if (message === 'stop') {
        process.disconnect();
        return;
      }
      server.on('connection', (socket) => {
        socket.end('child');
        server.close();
      });
      console.log(message, server.constructor.name, server.listening);
      process.send('has it');
    });
    process.send('ready');
  },
  order: () => {
    const seen = [];
    process.on('message', (message, handle) => {
      seen.push([message, handle?.constructor.name ?? null]);
      if (seen.length < 5) return;
      console.log(JSON.stringify(seen));
      handle?.close();
      process.exit(0);
    });
  },
  worker: () => {
    const { ORDINAL, PORT = '0' } = process.env;
    http
      .createServer((_request, response) =>
        response.end(`${ORDINAL} ${cluster.isWorker} ${cluster.isPrimary}`),
      )
      .listen(Number(PORT), '127.0.0.1');
  },
  talks: () => {
    process.on('message', (message) => {
      process.send({ id: cluster.worker.id, heard: message }, () => cluster.worker.disconnect());
    });
    cluster.worker.send('hello');
  },
};

DOES[process.argv[2]]();
