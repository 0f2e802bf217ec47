/** A campaign on this machine alone: its processes do the work, and files keep what came of it. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readBounded, writeWhole } from '../sim/explore/whole-file.ts';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import { UsageError } from '../sys/errors.ts';
import { isAlive } from './alive.ts';
import type { Backend, Kept, Machine } from './backend.ts';
import type { Answer, Job } from './job.ts';
import { answer, knowledge, MESSAGE_BYTES_MAX, parsedAs } from './messages.ts';
import type { CampaignPlan } from './plan.ts';
import { Pool } from './pool.ts';
import { Rate } from './rate.ts';
import { type CampaignState, campaignState } from './state.ts';

/** A state of some thousand scenarios with all their classes. */
const STATE_BYTES_MAX = 1 << 30;

const NAME = 'this machine';

export class LocalBackend implements Backend {
  readonly #folder: string;
  readonly #plan: CampaignPlan;
  readonly #pool: Pool;
  readonly #offered = new Set<string>();
  readonly #results = new Map<string, Answer>();
  readonly #knowledge = new Map<string, Knowledge>();
  #come: Answer[] = [];
  #wake: () => void = () => {};
  readonly #rate = new Rate();

  /** @param folder of the campaign */
  constructor(folder: string, plan: CampaignPlan, processes: number) {
    this.#folder = folder;
    this.#plan = plan;
    mkdirSync(join(folder, 'known'), { recursive: true });
    this.#lock();
    this.#readResults();
    this.#pool = new Pool(processes);
  }

  /** Only one process at a time goes on with a campaign. */
  #lock(): void {
    const path = join(this.#folder, 'coordinator.pid');
    const pid = existsSync(path) ? Number(readBounded(path, 100).toString('utf8')) : 0;
    if (pid > 0 && pid !== process.pid && isAlive(pid)) {
      throw new UsageError(
        `process ${pid} is about this campaign; end it first, or delete ${path} if that is something else`,
      );
    }
    writeFileSync(path, `${process.pid}`);
  }

  get #log(): string {
    return join(this.#folder, 'results.jsonl');
  }

  /** The last line is cut short where a process was killed while it wrote. */
  #readResults(): void {
    if (!existsSync(this.#log)) return;
    for (const line of readFileSync(this.#log, 'utf8').split('\n')) {
      const at = line.indexOf(' ');
      if (at < 0) continue;
      try {
        const key = line.slice(0, at);
        this.#results.set(key, { key, ...parsedAs(answer(), line.slice(at), `${this.#log}`) });
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    }
    this.#writeResults();
  }

  #writeResults(): void {
    const lines = [...this.#results.values()].map(lineOf);
    writeWhole(this.#log, lines.join(''));
  }

  async offer(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      if (this.#offered.has(job.key) || this.#results.has(job.key)) continue;
      this.#offered.add(job.key);
      void this.#do(job);
    }
  }

  async #do(job: Job): Promise<void> {
    const scenario = this.#plan.scenarios[job.scenario] as CampaignPlan['scenarios'][number];
    const hash = job.kind === 'batches' ? job.known : null;
    const known = hash === null ? undefined : await this.knowledge(hash);
    const result = await this.#pool.insist({ job, scenario, known });
    // Nobody waits for it any more.
    if (!this.#offered.delete(job.key)) return;
    if (result.kind === 'batches') {
      this.#rate.add(result.batches.reduce((sum, { runs }) => sum + runs, 0));
    }
    const one: Answer = { key: job.key, by: NAME, result };
    appendFileSync(this.#log, lineOf(one));
    this.#results.set(one.key, one);
    this.#come.push(one);
    this.#wake();
  }

  async known(keys: readonly string[]): Promise<readonly Answer[]> {
    return keys.flatMap((key) => this.#results.get(key) ?? []);
  }

  async take(): Promise<readonly Answer[]> {
    if (this.#come.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, WAIT_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#come.splice(0);
  }

  async discard(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#results.delete(key);
    this.#writeResults();
  }

  async save(state: CampaignState, { retired, knowledge: needed }: Kept): Promise<void> {
    for (const [hash, known] of needed) {
      if (this.#knowledge.has(hash)) continue;
      writeWhole(this.#pathOf(hash), JSON.stringify(known));
      this.#knowledge.set(hash, known);
    }
    writeWhole(statePath(this.#folder), JSON.stringify(state));
    for (const key of retired) {
      this.#offered.delete(key);
      this.#results.delete(key);
    }
    if (retired.length > 0) this.#writeResults();
    for (const hash of [...this.#knowledge.keys()]) {
      if (!needed.has(hash)) this.#knowledge.delete(hash);
    }
    for (const name of readdirSync(join(this.#folder, 'known'))) {
      const hash = name.replace('.json', '');
      if (/^[0-9a-f]{32}$/.test(hash) && !needed.has(hash)) rmSync(this.#pathOf(hash));
    }
  }

  async knowledge(hash: string): Promise<Knowledge> {
    const known = this.#knowledge.get(hash) ?? this.#readKnowledge(hash);
    this.#knowledge.set(hash, known);
    return known;
  }

  #readKnowledge(hash: string): Knowledge {
    const path = this.#pathOf(hash);
    if (!existsSync(path)) {
      throw new UsageError(
        `${path} is missing, so this campaign cannot go on here; one that was in Redis goes on with --redis`,
      );
    }
    const text = readBounded(path, MESSAGE_BYTES_MAX).toString('utf8');
    return parsedAs(knowledge(), text, path);
  }

  #pathOf(hash: string): string {
    return join(this.#folder, 'known', `${hash}.json`);
  }

  async announce(): Promise<void> {}

  async retire(): Promise<void> {}

  async share(): Promise<void> {
    // Who joins is this machine, where the file is.
  }

  async machines(): Promise<readonly Machine[]> {
    const { total: runs, perSecond: runsPerSecond } = this.#rate;
    return [{ name: NAME, processes: this.#pool.size, runs, runsPerSecond, refused: null }];
  }

  async close(): Promise<void> {
    this.#pool.close();
    rmSync(join(this.#folder, 'coordinator.pid'), { force: true });
  }
}

/** Between two looks at the clock and the keyboard. */
const WAIT_MS = 200;

const lineOf = ({ key, ...rest }: Answer): string => `${key} ${JSON.stringify(rest)}\n`;

const statePath = (folder: string): string => join(folder, 'state.json');

/**
 * The state of a campaign of this folder; undefined if there is none.
 *
 * @throws UsageError if it is damaged
 */
export function localState(folder: string): CampaignState | undefined {
  const path = statePath(folder);
  if (!existsSync(path)) return undefined;
  const text = readBounded(path, STATE_BYTES_MAX).toString('utf8');
  return parsedAs(campaignState(), text, path, STATE_BYTES_MAX);
}
