// node-fetch/node-fetch#1576: whether an answer came to its end is told by the last piece of it that
// was read, so one whose end comes in two pieces is taken for one that was cut off.
import { setTimeout as sleep } from 'node:timers/promises';

// Fixed nowhere: the other version is fetch of Node itself.
const get = process.argv[2] === 'repaired' ? fetch : (await import('node-fetch-affected')).default;
const { body } = await get('http://server:8080/');
let size = 0;
for await (const chunk of body) {
  size += chunk.length;
  await sleep(1);
}
if (size !== 80_000) throw new Error(`${size} bytes of 80,000`);
process.exit(0);
