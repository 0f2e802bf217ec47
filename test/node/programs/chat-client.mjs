/** Says two things, and reads them in the order in which they were said. */
import assert from 'node:assert/strict';
import WebSocket from 'ws';

const said = ['hello', 'anybody here?'];
const socket = new WebSocket('ws://server:8080');
socket.on('open', () => {
  for (const text of said) socket.send(text);
});
const read = [];
socket.on('message', (text) => {
  read.push(String(text));
  if (read.length < said.length) return;
  socket.terminate();
  assert.deepEqual(read, said);
});
