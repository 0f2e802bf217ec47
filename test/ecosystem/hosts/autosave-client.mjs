// An editor that saves what is typed as it is typed, without waiting for the save before.
import { setTimeout as sleep } from 'node:timers/promises';

const save = (version, text) =>
  fetch('http://server:8080/', { method: 'PUT', body: JSON.stringify({ version, text }) });
const saves = [];
for (const [i, text] of ['h', 'he', 'hed'].entries()) {
  saves.push(save(i + 1, text));
  await sleep(2);
}
await Promise.all(saves);
const kept = await (await fetch('http://server:8080/')).text();
if (kept !== 'hed') throw new Error(`"hed" was typed, and "${kept}" was kept`);
process.exit(0);
