/** Pages of the API are called after what a program imports: `heddle`, `heddle/laws`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API } from './nav.ts';

for (const { path, title } of API) {
  const file = join(import.meta.dirname, '.pages', `${path}.md`);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^# \S+/, `# ${title}`));
}
