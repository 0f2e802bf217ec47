// Asks for a report; somebody else ends the server some milliseconds later.
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const ask = (path) =>
  new Promise((resolve, reject) => {
    http.get(`http://server:8080${path}`, resolve).on('error', reject);
  });
const report = text(await ask('/report'));
report.catch(() => {});
await sleep(2);
await text(await ask('/end'));
await report.catch(({ code }) => {
  throw new Error(`the report did not come: ${code}`);
});
process.exit(0);
