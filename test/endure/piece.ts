/** One piece of a part of `npm run endure`, in a process of its own: see process.ts. */
import { ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/sim/schedule/random.ts';
import { line, type Part, type Wrong } from './part.ts';
import { PARTS } from './parts.ts';
import { type Asked, TRYING } from './process.ts';

/** Mutations of a long text are cut: the file is written for each try. */
const TRYING_CHARS_MAX = 400;
const MEMORY_MIB_MAX = 200;
/** The first tries load and compile what all others use. */
const FIRST_TRIES = 20;

const asked = JSON.parse(process.argv[2] as string) as Asked & { readonly folder: string };
const part = PARTS.find(({ name }) => name === asked.part) as Part;
const end = asked.wallMs === undefined ? undefined : performance.now() + asked.wallMs;
const file = openSync(join(asked.folder, TRYING), 'w');
const peakMiB = (): number => process.resourceUsage().maxRSS / 1024;
let firstMiB: number | undefined;
let tries = 0;

function trying(what: string): void {
  const text = what.slice(0, TRYING_CHARS_MAX);
  ftruncateSync(file);
  writeSync(file, `${tries++} ${text}`, 0);
  if (tries === FIRST_TRIES) firstMiB = peakMiB();
}

function isOver(tried: number): boolean {
  return tried >= asked.goal || (end !== undefined && performance.now() > end);
}

const wrong: Wrong[] = [];
let figures: Awaited<ReturnType<Part['run']>> = { tried: 0, came: {}, wrong };
try {
  const random = new Random(asked.seed * 64 + asked.piece);
  figures = await part.run({ random, isOver, folder: asked.folder, trying });
} catch (error) {
  wrong.push({ kind: 'error of heddle', what: `did not come to its end: ${line(error)}` });
}
const grownMiB = Math.round(peakMiB() - (firstMiB ?? peakMiB()));
if (grownMiB > (part.memoryMiBMax ?? MEMORY_MIB_MAX)) {
  wrong.push({ kind: 'memory', what: `${grownMiB} MiB more than after the first tries` });
}
process.send?.({ ...figures, wrong: [...figures.wrong, ...wrong] }, () => process.exit(0));
