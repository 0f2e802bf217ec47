// lowdb: a database in a JSON file.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Low } from 'lowdb';
import { JSONFilePreset, JSONFileSyncPreset, TextFile } from 'lowdb/node';

// Under NODE_ENV=test, as vitest has it, its presets keep all in memory.
process.env.NODE_ENV = 'production';
const folder = mkdtempSync(join(tmpdir(), 'heddle-lowdb-'));
const file = join(folder, 'db.json');
const db = await JSONFilePreset(file, { posts: [] });
await db.update(({ posts }) => posts.push('hello world'));
db.data.posts.push('second post');
await db.write();
console.log(readFileSync(file, 'utf8'));
await Promise.all([1, 2, 3].map((n) => db.update(({ posts }) => posts.push(`post ${n}`))));
const other = await JSONFilePreset(file, {});
console.log(other.data.posts, readdirSync(folder));
const sync = JSONFileSyncPreset(join(folder, 'sync.json'), { count: 0 });
sync.update((data) => data.count++);
console.log(readFileSync(join(folder, 'sync.json'), 'utf8'));
const text = new Low(new TextFile(join(folder, 'note.txt')), '');
await text.read();
text.data = 'a note';
await text.write();
console.log(readFileSync(join(folder, 'note.txt'), 'utf8'), readdirSync(folder));
rmSync(folder, { recursive: true });
