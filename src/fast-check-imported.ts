/**
 * What `import 'heddle/fast-check'` loads: where fast-check is missing, it says so. `require` gets
 * `fast-check.ts` itself, since it cannot wait.
 */
import type * as Entry from './fast-check.ts';
import { needing } from './load/needed.ts';

const entry: typeof Entry = await needing(
  'fast-check',
  'heddle/fast-check',
  () => import('./fast-check.ts'),
);
const Schedule: typeof Entry.Schedule = entry.Schedule;
const schedule: typeof Entry.schedule = entry.schedule;
const schedules: typeof Entry.schedules = entry.schedules;

export { Schedule, schedule, schedules };
