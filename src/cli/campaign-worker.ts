import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../sys/errors.ts';
import { type AnyCommand, defineCommand, flag, option } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { Interrupt } from './interrupt.ts';
import { JSON_LINES, WORKERS } from './options.ts';
import { Output } from './output.ts';
import { REDIS } from './redis-option.ts';

interface WorkerCommand {
  readonly redis: string | undefined;
  readonly workers: number;
  /** Only this campaign. */
  readonly campaign: string | undefined;
  readonly once: boolean;
  readonly json: boolean;
}

/** Between two looks at which campaigns there are. */
const LOOK_MS = 500;

export const command: AnyCommand = defineCommand<WorkerCommand>({
  name: 'worker',
  about: 'work for the campaigns of a Redis, with the code of this folder',
  given: {
    redis: REDIS,
    workers: WORKERS,
    campaign: option('--campaign <id>', 'only for this campaign', String),
    once: flag('--once', 'end when there is no campaign left to work for'),
    json: JSON_LINES,
  },
  notes: `Start it in a checkout of what the coordinator has: a worker refuses campaigns of other code (the version of heddle, the major version of Node, the files of the scenarios, the lock file, what their calm runs do), and says what differs.
It runs only what is in its own folder; what comes from Redis is data. It may be killed at any time: what it was doing is done by others.
It needs two packages: npm install -D bullmq ioredis`,
  examples: [
    'worker --redis redis://ci.example:6379',
    'worker --redis redis://:PASSWORD@localhost:6379 --workers 8 --once',
  ],
  run: workerCommand,
});

/** `heddle worker`: does what campaigns ask for, until it is stopped. */
async function workerCommand({
  redis: url,
  workers,
  campaign,
  once,
  json,
}: WorkerCommand): Promise<number> {
  if (url === undefined) {
    throw new UsageError('which Redis? Give --redis redis://host:6379, or set HEDDLE_REDIS');
  }
  const out = new Output(json);
  const note = (text: string): void => out.warn(text);
  const { connectRedis, redisPackages, shownUrl } = await import('../campaign/redis.ts');
  const { CampaignMachine } = await import('../campaign/machine.ts');
  const packages = await redisPackages();
  const redis = await connectRedis(url, packages, note);
  const machine = new CampaignMachine({ redis, packages, processes: workers, note });
  const interrupt = new Interrupt();
  const told = new Set<string>();
  out.line(`${machine.name}: ${workers} processes for the campaigns of ${shownUrl(url)}`);
  out.object({ type: 'worker', name: machine.name, processes: workers });
  try {
    for (let had = false; !interrupt.seen; ) {
      await machine.look(campaign);
      const { joined, refused } = machine;
      had ||= joined.length > 0;
      tellChanges(joined, refused, told, out);
      if (joined.length === 0 && refused.size > 0) return EXIT.usage;
      if (once && had && joined.length === 0) return EXIT.ok;
      await Promise.race([sleep(LOOK_MS), interrupt.came]);
    }
    return EXIT.interrupted;
  } finally {
    interrupt.release();
    await machine.close();
    redis.disconnect();
  }
}

/** Campaigns that it has come to work for, or does not; in JSON, as the text has been noted. */
function tellChanges(
  joined: readonly string[],
  refused: ReadonlyMap<string, string>,
  told: Set<string>,
  out: Output,
): void {
  for (const campaign of joined) {
    if (!told.has(campaign)) out.object({ type: 'joined', campaign });
    told.add(campaign);
  }
  for (const [campaign, why] of refused) {
    if (!told.has(campaign)) out.object({ type: 'refused', campaign, why });
    told.add(campaign);
  }
}
