/** `npm run build:viewer`: the viewer's page into the package. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { buildViewer } from './build.ts';

const path = process.argv[2] ?? 'dist/viewer.html';
const page = await buildViewer();
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, page);
process.stdout.write(`${path}: ${Math.round(page.length / 1000)} kB\n`);
