// fs-extra: what its documentation shows, with promises and at once.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fs from 'fs-extra';

const folder = await fs.mkdtemp(join(tmpdir(), 'heddle-extra-'));
const at = (...names) => join(folder, ...names);
await fs.outputFile(at('a/b/c.txt'), 'hello');
await fs.outputJson(at('a/data.json'), { name: 'JP' }, { spaces: 2 });
console.log(await fs.readJson(at('a/data.json')), await fs.pathExists(at('a/b')));
await fs.copy(at('a'), at('copy'));
await fs.copy(at('a'), at('some'), { filter: (from) => !from.endsWith('.json') });
await fs.move(at('copy/b'), at('moved'));
await fs.ensureDir(at('deep/er'));
await fs.ensureFile(at('deep/file'));
await fs.ensureSymlink(at('a/b/c.txt'), at('links/c'));
await fs.ensureLink(at('a/b/c.txt'), at('links/d'));
await fs.emptyDir(at('deep'));
console.log(readdirSync(folder, { recursive: true }).sort());
await fs.move(at('moved'), at('some')).catch(({ message }) => console.log(message));
await fs.move(at('moved'), at('some'), { overwrite: true });
fs.copySync(at('some'), at('sync'));
fs.moveSync(at('sync/c.txt'), at('sync/d.txt'));
fs.writeJsonSync(at('sync/e.json'), [1]);
fs.outputFileSync(at('sync/f/g'), fs.readFileSync(at('links/c'), 'utf8'));
console.log(
  readdirSync(at('sync'), { recursive: true }).sort(),
  fs.readJsonSync(at('sync/e.json')),
);
await fs.remove(at('a'));
await fs.readJson(at('a/data.json')).catch(({ code, syscall }) => console.log(code, syscall));
fs.removeSync(folder);
console.log(fs.existsSync(folder));
