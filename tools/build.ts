/** `npm run build`: all that is installed as heddle, into dist/. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildViewer } from '../viewer/build.ts';
import { buildPackage } from './build-package.ts';

const DIST = join(import.meta.dirname, '../dist');

rmSync(DIST, { recursive: true, force: true });
await buildPackage(DIST);
writeFileSync(join(DIST, 'viewer.html'), await buildViewer());
// The first start leaves V8's code of this Node behind.
const preload = join(DIST, 'node/preload.js');
spawnSync(process.execPath, ['--import', preload, '--eval', ''], { stdio: 'inherit' });
