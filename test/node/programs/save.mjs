// Replaces a file as write-file-atomic does: a new one is written, synced or not, and renamed over
// the old one, whose folder is synced only by the most careful.
import fs from 'node:fs';
import { dirname } from 'node:path';

const [, , path, how] = process.argv;

function write(file, text, syncs) {
  const fd = fs.openSync(file, 'w');
  fs.writeSync(fd, text);
  if (syncs) fs.fsyncSync(fd);
  fs.closeSync(fd);
}

function syncFolder() {
  const fd = fs.openSync(dirname(path));
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

write(path, 'old', true);
syncFolder();
console.log('old is saved');
write(`${path}.tmp`, 'new', how !== 'not synced');
fs.renameSync(`${path}.tmp`, path);
if (how === 'folder synced') syncFolder();
console.log('new is saved');
