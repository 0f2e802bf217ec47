import { type Definition, option, orVariable } from './command.ts';

/** Where campaigns are shared. */
export const REDIS: Definition<string | undefined> = orVariable(
  option('--redis <url>', 'a Redis or Valkey that machines share, as redis://host:6379', String),
  'HEDDLE_REDIS',
);
