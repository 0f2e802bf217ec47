// mysql2: its client against its own server, both in JavaScript.
import { once } from 'node:events';
import mysql from 'mysql2';

const server = mysql.createServer();
let queries = 0;
server.on('connection', (connection) => {
  connection.serverHandshake({
    protocolVersion: 10,
    serverVersion: 'heddle',
    connectionId: 1,
    statusFlags: 2,
    characterSet: 8,
    capabilityFlags: 0xffffff,
  });
  connection.on('query', (text) => {
    queries++;

    connection.writeTextResult(
      [{ text, n: String(queries) }],
      [
        {
          catalog: 'def',
          schema: '',
          table: '',
          orgTable: '',
          name: 'text',
          orgName: 'text',
          characterSet: 33,
          columnLength: 100,
          columnType: 253,
          flags: 0,
          decimals: 0,
        },
        {
          catalog: 'def',
          schema: '',
          table: '',
          orgTable: '',
          name: 'n',
          orgName: 'n',
          characterSet: 33,
          columnLength: 100,
          columnType: 253,
          flags: 0,
          decimals: 0,
        },
      ],
    );
  });
  connection.on('quit', () => connection.close?.());
  connection.on('error', () => {});
});
server.listen(0, '127.0.0.1');
await once(server._server, 'listening');
const pool = mysql
  .createPool({
    host: '127.0.0.1',
    port: server._server.address().port,
    user: 'me',
    password: '',
    connectionLimit: 2,
  })
  .promise();
const results = await Promise.all(
  ['one', 'two', 'three'].map((name) => pool.query(`select ${name}`)),
);
console.log(results.map(([rows]) => rows[0].text).join(' '));
await pool.end();
server.close();
