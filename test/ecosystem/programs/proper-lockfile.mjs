// proper-lockfile: who holds a lock, who waits for it, and what becomes of a stale one.
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';

const folder = mkdtempSync(join(tmpdir(), 'heddle-lock-'));
const file = join(folder, 'file');
writeFileSync(file, '');
const release = await lockfile.lock(file);
console.log(await lockfile.check(file), readdirSync(folder));
await lockfile.lock(file).catch(({ code }) => console.log(code));
const waiting = lockfile.lock(file, { retries: { retries: 20, minTimeout: 20, maxTimeout: 20 } });
await sleep(50);
await release();
const again = await waiting;
console.log(await lockfile.check(file), readdirSync(folder));
await again();
await release().catch(({ code }) => console.log(code));
const sync = lockfile.lockSync(file);
console.log(lockfile.checkSync(file));
sync();
const held = await lockfile.lock(file);
// As if whoever holds it had been gone for a minute.
await held();
const stale = `${file}.lock`;
await import('node:fs/promises').then((fs) => fs.mkdir(stale));
utimesSync(stale, 1, 1);
const taken = await lockfile.lock(file);
console.log(await lockfile.check(file));
await taken();
console.log(readdirSync(folder));
rmSync(folder, { recursive: true });
