// What carries bytes over node:net keeps to what a Carrier promises.

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { NodeCarrier } from '../../src/real/node/carrier.ts';
import { pattern } from './programs.ts';

const MEGABYTE = 1 << 20;

it('reports one piece of data for each that there was room for', async () => {
  const sent = pattern(MEGABYTE);
  const received: Uint8Array[] = [];
  let receivedBytes = 0;
  let rooms = 0;
  let portKnown: (port: number) => void;
  const port = new Promise<number>((resolve) => {
    portKnown = resolve;
  });
  let isOver: () => void;
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  const beyondRoom: number[] = [];
  const makeRoom = (id: number): void => {
    rooms++;
    carrier.resume(id);
  };
  const carrier = new NodeCarrier(
    (upcall) => {
      if (upcall.what === 'listening') portKnown(upcall.port);
      if (upcall.what === 'incoming') makeRoom(upcall.id);
      if (upcall.what === 'fin') isOver();
      if (upcall.what !== 'data') return;
      received.push(upcall.bytes);
      if (received.length > rooms) beyondRoom.push(received.length);
      receivedBytes += upcall.bytes.length;
      if (receivedBytes === MEGABYTE) isOver();
      // Later, as a program does that has to be woken first.
      else setImmediate(() => makeRoom(upcall.id));
    },
    () => -1,
  );
  carrier.listen(1, null);
  const client = connect(await port, '127.0.0.1');
  client.end(sent);
  await over;
  // The last may come without, as an end stands behind it.
  expect(beyondRoom.filter((piece) => piece < received.length)).toEqual([]);
  expect(Buffer.compare(Buffer.concat(received), sent)).toBe(0);
  client.destroy();
  await once(client, 'close');
  await carrier.close();
});
