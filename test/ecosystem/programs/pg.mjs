// A pool of pg against a small server that speaks PostgreSQL's protocol: simple queries, and
// prepared ones with parameters.
import { once } from 'node:events';
import net from 'node:net';
import pg from 'pg';

const TEXT = 25;

/** A message of the server's: its letter, its length, and what it holds. */
const message = (letter, ...parts) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5, letter);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int16 = (number) => [(number >> 8) & 0xff, number & 0xff];
const int32 = (number) => [...int16(number >> 16), ...int16(number)];
const ready = message('Z', 'I');
const description = message(
  'T',
  int16(1),
  'said\0',
  int32(0),
  int16(0),
  int32(TEXT),
  int16(-1),
  int32(-1),
  int16(0),
);
const row = (text) => message('D', int16(1), int32(Buffer.byteLength(text)), text);
const complete = message('C', 'SELECT 1\0');

/** What is answered to a message of the client's. */
function answer(session, letter, body) {
  switch (letter) {
    case 'Q': {
      const text = body.toString('utf8', 0, body.length - 1);
      return [description, row(`${text} as ${session.user}`), complete, ready];
    }
    case 'P':
      return [message('1')];
    case 'B': {
      // Names of portal and statement, formats, then one parameter.
      const names = body.indexOf(0, body.indexOf(0) + 1) + 1;
      const formats = body.readInt16BE(names);
      const at = names + 2 + 2 * formats + 2;
      session.bound = body.toString('utf8', at + 4, at + 4 + body.readInt32BE(at));
      return [message('2')];
    }
    case 'D':
      return [description];
    case 'E':
      return [row(`given ${session.bound}`), complete];
    case 'S':
      return [ready];
    default:
      return [];
  }
}

const server = net.createServer((socket) => {
  const session = { user: undefined, bound: undefined };
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      // The first message has no letter.
      const from = session.user === undefined ? 0 : 1;
      if (rest.length < from + 4) return;
      const end = from + rest.readInt32BE(from);
      if (rest.length < end) return;
      const letter = String.fromCharCode(rest[0]);
      const body = rest.subarray(from + 4, end);
      rest = rest.subarray(end);
      if (from === 1) {
        if (letter === 'X') return socket.end();
        socket.write(Buffer.concat(answer(session, letter, body)));
        continue;
      }
      const words = body.toString('utf8', 4).split('\0');
      session.user = words[words.indexOf('user') + 1];
      socket.write(
        Buffer.concat([message('R', int32(0)), message('S', 'server_version\x0016.0\0'), ready]),
      );
    }
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const pool = new pg.Pool({
  host: '127.0.0.1',
  port: server.address().port,
  user: 'me',
  password: 'secret',
  database: 'shop',
  max: 2,
});
const said = async (...query) => (await pool.query(...query)).rows.map((each) => each.said).join();
console.log(await said('select a'));
console.log(await Promise.all(['1', '2', '3', '4'].map((text) => said('select $1', [text]))));
const client = await pool.connect();
console.log((await client.query('begin')).rows[0].said);
client.release();
await pool.end();
console.log(pool.totalCount);
server.close();
