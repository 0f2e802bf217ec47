// What Node promises, as a program: each row of the tables does something and gives what it saw. It
// prints one JSON object per line. The same file runs on real sockets (`node behaviours.mjs`) and on
// the simulated network.
import { TABLE as context } from './behaviours/context.mjs';
import { TABLE as dgram } from './behaviours/dgram.mjs';
import { TABLE as fs } from './behaviours/fs.mjs';
import { TABLE as http } from './behaviours/http.mjs';
import { TABLE as loop } from './behaviours/loop.mjs';
import { TABLE as net } from './behaviours/net.mjs';
import { TABLE as own } from './behaviours/process.mjs';
import { TABLE as tls } from './behaviours/tls.mjs';

const PATIENCE_MS = 5_000;

for (const [name, behaviour] of Object.entries({
  ...net,
  ...loop,
  ...dgram,
  ...fs,
  ...http,
  ...context,
  ...tls,
  ...own,
})) {
  let saw;
  let impatient;
  try {
    saw = await Promise.race([
      behaviour(),
      new Promise((resolve) => {
        impatient = setTimeout(resolve, PATIENCE_MS, 'nothing within 5 s');
      }),
    ]);
  } catch (error) {
    saw = `threw ${error?.stack ?? error}`;
  }
  clearTimeout(impatient);
  console.log(JSON.stringify({ name, saw }));
}
process.exit(0);
