/** `npm run api`: writes etc/api.md, which says what users can import. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api-model.ts';
import { apiReport } from './api-report.ts';
import { buildTypes } from './build-package.ts';

const ETC = join(import.meta.dirname, '../etc');

const folder = mkdtempSync(join(tmpdir(), 'heddle-api-'));
try {
  buildTypes(folder);
  mkdirSync(ETC, { recursive: true });
  writeFileSync(join(ETC, 'api.md'), apiReport(new Api(folder)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
