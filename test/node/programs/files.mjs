// What Node's file system promises, as a program: each row does something in a folder of its own and
// gives what it saw. It prints one JSON object a line. The same file runs on real files
// (`node files.mjs FOLDER`) and on the disk of a simulated host.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TABLE as contents } from './files/contents.mjs';
import { TABLE as failures } from './files/failures.mjs';
import { TABLE as handles } from './files/handles.mjs';
import { TABLE as names } from './files/names.mjs';
import { TABLE as streams } from './files/streams.mjs';

const [, , root] = process.argv;
let count = 0;

for (const [name, behaviour] of Object.entries({
  ...contents,
  ...names,
  ...handles,
  ...failures,
  ...streams,
})) {
  const folder = join(root, `row-${count++}`);
  mkdirSync(folder);
  process.chdir(folder);
  let saw;
  try {
    saw = await behaviour(folder);
  } catch (error) {
    saw = `threw ${error?.stack ?? error}`;
  }
  // Where it was done is no part of what was seen, and what is drawn neither.
  const line = JSON.stringify({ name, saw }).replaceAll(root, '/root');
  console.log(line.replaceAll(/(no\/a-)\w{6}/g, '$1XXXXXX'));
}
