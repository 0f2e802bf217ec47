// write-file-atomic: files are replaced whole, one write after the other.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

const folder = mkdtempSync(join(tmpdir(), 'heddle-wfa-'));
const path = join(folder, 'message.txt');
await writeFileAtomic(path, 'Hello Node', { mode: 0o600 });
console.log(readFileSync(path, 'utf8'), (statSync(path).mode & 0o777).toString(8));
await Promise.all([1, 2, 3, 4].map((n) => writeFileAtomic(path, `write ${n}`)));
console.log(readFileSync(path, 'utf8'), readdirSync(folder));
writeFileAtomic.sync(path, 'sync', { fsync: false });
console.log(readFileSync(path, 'utf8'), (statSync(path).mode & 0o777).toString(8));
await writeFileAtomic(join(folder, 'none/x'), '').catch(({ code }) => console.log(code));
await new Promise((resolve) => {
  writeFileAtomic(
    path,
    Buffer.from('callback'),
    { tmpfileCreated: (tmp) => console.log(tmp.startsWith(path)) },
    resolve,
  );
});
console.log(readFileSync(path, 'utf8'), readdirSync(folder));
rmSync(folder, { recursive: true });
