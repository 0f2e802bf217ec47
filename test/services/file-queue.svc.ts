import { jobs, jobsFixed } from '../../examples/file-queue/scenario.ts';
import { fails, holds } from './races.ts';

fails(jobs, /were? added, and the queue has/);
holds(jobsFixed);
