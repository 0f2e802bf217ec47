/**
 * Kills whatever takes part in a campaign, at random moments, and holds what comes of it against a
 * campaign that nobody has disturbed: `npm run campaign:kills`.
 */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOf, Heddle, newProject, type Project, savedIn } from '../projects.ts';
import { RedisServer } from './server.ts';

export interface Kills {
  readonly workers: number;
  readonly coordinators: number;
  readonly redis: number;
}

export interface Survived {
  /** What was killed, in this order. */
  readonly killed: readonly string[];
  /** What came of the campaign, and what it has saved; and of the one that was left alone. */
  readonly end: Record<string, unknown>;
  readonly saved: Record<string, string>;
  readonly calmEnd: Record<string, unknown>;
  readonly calmSaved: Record<string, string>;
}

const MACHINES = 2;
const PROCESSES = 1;

/** Numbers below a bound, the same ones for a seed. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The parts of a campaign, each of which can be killed and started again. */
class Disturbed {
  readonly #project: Project;
  readonly #redis: RedisServer;
  readonly #plan: readonly string[];
  readonly #machines: Heddle[] = [];
  #coordinator: Heddle;
  #id = '';
  /** What coordinators have printed, the last one last. */
  out = '';

  constructor(project: Project, redis: RedisServer, plan: readonly string[]) {
    this.#project = project;
    this.#redis = redis;
    this.#plan = plan;
    this.#coordinator = this.#start(...plan);
    for (let i = 0; i < MACHINES; i++) this.#machines.push(this.#startMachine());
  }

  #start(...args: readonly string[]): Heddle {
    return new Heddle(this.#project.folder, ['campaign', ...args, '--redis', this.#redis.url]);
  }

  #startMachine(): Heddle {
    const how = ['--redis', this.#redis.url, '--workers', `${PROCESSES}`];
    return new Heddle(this.#project.folder, ['worker', ...how]);
  }

  async isOver(): Promise<boolean> {
    await this.#startAgain();
    if (!this.#coordinator.hasEnded) return false;
    await this.#coordinator.ended();
    if (/"type":"end"/.test(this.#coordinator.out)) {
      this.out = this.#coordinator.out;
      return true;
    }
    throw new Error(`the coordinator has ended: ${this.#coordinator.out}${this.#coordinator.err}`);
  }

  /** Who is started while Redis is away says so and ends, and is started again. */
  async #startAgain(): Promise<void> {
    for (const [at, machine] of this.#machines.entries()) {
      if (machine.hasEnded && /no Redis listens/.test(machine.err)) {
        this.#machines[at] = this.#startMachine();
      }
    }
    const { hasEnded, err } = this.#coordinator;
    if (hasEnded && /no Redis listens/.test(err) && this.#id !== '') {
      this.#coordinator = this.#start('--resume', this.#id, '--json');
    }
  }

  async killWorker(at: number): Promise<void> {
    await this.#machines[at]?.kill();
    this.#machines[at] = this.#startMachine();
  }

  /** One that has said which campaign it is about can be gone on with. */
  async killCoordinator(): Promise<void> {
    while (!/"type":"campaign"/.test(this.#coordinator.out)) {
      if (await this.isOver()) return;
      await sleep(20);
    }
    this.#id = /"id":"([\w-]+)"/.exec(this.#coordinator.out)?.[1] as string;
    const keys = `heddle:{${this.#id}}:state`;
    while (this.#redis.ask('exists', keys) !== '1') await sleep(20);
    await this.#coordinator.kill();
    if (await this.#hasEnded()) return;
    this.#coordinator = this.#start('--resume', this.#id, '--json');
  }

  /** It may have been over before it was killed. */
  async #hasEnded(): Promise<boolean> {
    return /"type":"end"/.test(this.#coordinator.out);
  }

  async killRedis(): Promise<void> {
    await this.#redis.kill();
    await sleep(200);
    await this.#redis.restart();
  }

  async end(): Promise<void> {
    for (const one of [this.#coordinator, ...this.#machines]) await one.kill();
  }
}

/**
 * @param runs of each scenario and strategy; so many that the campaign lasts for all kills
 * @param note told of each kill
 */
export async function killing(
  kills: Kills,
  runs: number,
  seed: number,
  note: (text: string) => void = () => {},
): Promise<Survived> {
  const plan = ['a.sim.ts', '--json', '--seeds', '3', '--strategy', 'portfolio,pos', '--runs'];
  const all = [...plan, `${runs}`];
  const calm = newProject();
  const alone = new Heddle(calm.folder, ['campaign', ...all, '--workers', '2']);
  await alone.ended();
  const project = newProject();
  const redis = await RedisServer.start();
  const campaign = new Disturbed(project, redis, all);
  const killed: string[] = [];
  try {
    const draw = drawing(seed);
    const left = [
      ...Array.from({ length: kills.workers }, () => 'worker'),
      ...Array.from({ length: kills.coordinators }, () => 'coordinator'),
      ...Array.from({ length: kills.redis }, () => 'redis'),
    ];
    while (left.length > 0 && !(await campaign.isOver())) {
      await sleep(300 + draw(2_500));
      const [what] = left.splice(draw(left.length), 1);
      if (await campaign.isOver()) break;
      if (what === 'worker') await campaign.killWorker(draw(MACHINES));
      else if (what === 'coordinator') await campaign.killCoordinator();
      else await campaign.killRedis();
      killed.push(what as string);
      note(`${killed.length}: ${what}`);
    }
    while (!(await campaign.isOver())) await sleep(100);
    return {
      killed,
      end: endOf(campaign.out),
      saved: savedIn(project),
      calmEnd: endOf(alone.out),
      calmSaved: savedIn(calm),
    };
  } finally {
    await campaign.end();
    await redis.remove();
    for (const { folder } of [project, calm]) rmSync(folder, { recursive: true, force: true });
  }
}

async function main(runs: number): Promise<void> {
  const kills = { workers: 60, coordinators: 30, redis: 10 };
  const began = performance.now();
  const { killed, end, saved, calmEnd, calmSaved } = await killing(kills, runs, 1, console.log);
  const count = (what: string): number => killed.filter((one) => one === what).length;
  const same = [JSON.stringify(end) === JSON.stringify(calmEnd), sameFiles(saved, calmSaved)];
  console.log(
    `killed in ${Math.round((performance.now() - began) / 1000)} s: workers ${count('worker')}, coordinators ${count('coordinator')}, Redis ${count('redis')}`,
  );
  console.log(`runs: ${end['runs']}, without kills ${calmEnd['runs']}`);
  console.log(`same result: ${same[0]}; same files, byte for byte: ${same[1]}`);
  const isWhole = killed.length === 100 && same.every(Boolean);
  if (!isWhole)
    console.log(
      `NOT AS IT SHOULD BE: ${killed.length} kills\n${JSON.stringify(end)}\n${JSON.stringify(calmEnd)}`,
    );
  process.exitCode = isWhole ? 0 : 1;
}

function sameFiles(one: Record<string, string>, other: Record<string, string>): boolean {
  const names = Object.keys(one).sort();
  return (
    names.join() === Object.keys(other).sort().join() &&
    names.every((name) => one[name] === other[name])
  );
}

if (process.argv[1] === import.meta.filename) await main(Number(process.argv[2] ?? 60_000));
