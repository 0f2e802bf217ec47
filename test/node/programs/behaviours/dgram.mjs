// node:dgram: what its methods give and throw, bound and not.
import dgram from 'node:dgram';
import { once } from 'node:events';

const outcome = (call) => {
  try {
    const value = call();
    return value === undefined
      ? 'undefined'
      : typeof value === 'object'
        ? Object.keys(value).sort()
        : value;
  } catch ({ code, syscall, name }) {
    return [name, code, syscall];
  }
};
const with4 = async (use, bound) => {
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => {});
  if (bound) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const saw = outcome(() => use(socket));
  socket.close();
  return saw;
};

const METHODS = {
  'setTTL 1': (socket) => socket.setTTL(1),
  'setTTL 0': (socket) => socket.setTTL(0),
  'setTTL 256': (socket) => socket.setTTL(256),
  'setTTL of text': (socket) => socket.setTTL('x'),
  'setMulticastTTL 1': (socket) => socket.setMulticastTTL(1),
  'setMulticastTTL 256': (socket) => socket.setMulticastTTL(256),
  setBroadcast: (socket) => socket.setBroadcast(true),
  setMulticastLoopback: (socket) => socket.setMulticastLoopback(true),
  getRecvBufferSize: (socket) => socket.getRecvBufferSize() > 0,
  getSendBufferSize: (socket) => socket.getSendBufferSize() > 0,
  setRecvBufferSize: (socket) => socket.setRecvBufferSize(8192),
  'setRecvBufferSize, and get': (socket) => {
    socket.setRecvBufferSize(8192);
    return socket.getRecvBufferSize();
  },
  'setMulticastInterface of none': (socket) => socket.setMulticastInterface('x'),
  'addMembership of nothing': (socket) => socket.addMembership(),
  'addMembership of one host': (socket) => socket.addMembership('1.2.3.4'),
  'dropMembership of another': (socket) => socket.dropMembership('224.0.0.99', '127.0.0.1'),
  address: (socket) => socket.address(),
  remoteAddress: (socket) => socket.remoteAddress(),
  disconnect: (socket) => socket.disconnect(),
  'connect without a port': (socket) => socket.connect(),
  'send without a port': (socket) => socket.send('x'),
  'send to port 0': (socket) => socket.send('x', 0),
  'send of a number': (socket) => socket.send(1, 1),
  'send beyond the buffer': (socket) => socket.send(Buffer.alloc(2), 1, 5, 1),
  'ref and unref': (socket) => socket.ref().unref() === socket,
  getSendQueueSize: (socket) => socket.getSendQueueSize?.() ?? 0,
};

export const TABLE = {};
for (const [name, use] of Object.entries(METHODS)) {
  TABLE[`dgram ${name}, not bound`] = () => with4(use, false);
  TABLE[`dgram ${name}, bound`] = () => with4(use, true);
}

const MESSAGES = {
  text: ['hello'],
  'a buffer': [Buffer.from('hello')],
  'a part': [Buffer.from('hello'), 1, 3],
  several: [['a', Buffer.from('b'), new Uint8Array([99])]],
  'words of 16 bits': [new Uint16Array([0x6161, 0x6262])],
  'a view': [new DataView(new Uint8Array([120, 121]).buffer)],
  nothing: [''],
  'a long one': ['x'.repeat(9_000)],
};
for (const [name, args] of Object.entries(MESSAGES)) {
  TABLE[`dgram send of ${name}`] = async () => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    let told;
    socket.send(...args, socket.address().port, '127.0.0.1', (error, bytes) => {
      told = [error, bytes];
    });
    const [message, { address, family, size }] = await once(socket, 'message');
    socket.close();
    return [message.length > 50 ? message.length : String(message), address, family, size, told];
  };
}
Object.assign(TABLE, {
  'dgram bind without a port': () =>
    new Promise((resolve) => {
      const socket = dgram.createSocket('udp4').bind(() => {
        resolve([typeof socket.address().port, socket.address().address]);
        socket.close();
      });
    }),
  'dgram bind of a port in use': async () => {
    const first = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(first, 'listening');
    const second = dgram.createSocket('udp4').bind(first.address().port, '127.0.0.1');
    const [{ code, syscall }] = await once(second, 'error');
    first.close();
    second.close();
    return [code, syscall];
  },
  'dgram bind twice': () => with4((socket) => socket.bind(0), true),
  'dgram connected': async () => {
    const [one, other] = [
      dgram.createSocket('udp4').bind(0, '127.0.0.1'),
      dgram.createSocket('udp4'),
    ];
    await once(one, 'listening');
    other.connect(one.address().port, '127.0.0.1');
    await once(other, 'connect');
    other.send('hello');
    const [message, { port }] = await once(one, 'message');
    const saw = [
      String(message),
      port === other.address().port,
      other.remoteAddress().port === one.address().port,
    ];
    one.close();
    other.close();
    return saw;
  },
  'dgram close tells once, and then all fails': async () => {
    const socket = dgram.createSocket('udp4').bind(0);
    await once(socket, 'listening');
    let closed = 0;
    socket.on('close', () => closed++);
    socket.close();
    await once(socket, 'close');
    return [
      closed,
      outcome(() => socket.setTTL(3)),
      outcome(() => socket.close()),
      outcome(() => socket.send('x', 1)),
    ];
  },
  'dgram keeps messages apart and in order': async () => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const seen = [];
    const all = new Promise((resolve) =>
      socket.on('message', (message) => {
        if (seen.push(String(message)) === 3) resolve();
      }),
    );
    for (const text of ['1', '22', '333']) socket.send(text, socket.address().port, '127.0.0.1');
    await all;
    socket.close();
    return seen;
  },
});
