/**
 * Does what the pages of docs/start say, word for word: beside the packed package it runs each
 * block of shell, writes each block of a file, and holds what is printed against each block of
 * text. Every section of a test runner is done in an empty folder of its own: red with what stands
 * before "Fix it", green with what comes after. Needs the registry.
 *
 *   npm run start-pages [-- PAGE… RUNNER…]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Block, blocksOf } from './page-blocks.ts';

const root = join(import.meta.dirname, '..');
const pages = join(root, 'docs/start');
/** Only against hanging: a step takes seconds. */
const STEP_MS_MAX = 300_000;

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

function shell(folder: string, line: string): Ended {
  const { FORCE_COLOR: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(line, {
    cwd: folder,
    encoding: 'utf8',
    shell: true,
    timeout: STEP_MS_MAX,
    env: { ...env, NO_COLOR: '1', npm_config_audit: 'false', npm_config_fund: 'false' },
  });
  return { code: status, text: `${stdout}${stderr}` };
}

/** A project that follows a page. */
class Reader {
  readonly #folder: string;
  readonly #page: string;
  #said = '';

  constructor(folder: string, page: string) {
    this.#folder = folder;
    this.#page = page;
  }

  follow(blocks: readonly Block[]): void {
    for (const block of blocks) {
      if (block.language === 'sh') this.#type(block);
      else if (block.file !== undefined) this.#save(block.file, block.text);
      else if (block.language === 'text') this.#compare(block);
      else this.#fail(block, 'is neither shell, nor a file with its name above it, nor text');
    }
  }

  #save(file: string, text: string): void {
    mkdirSync(join(this.#folder, file, '..'), { recursive: true });
    writeFileSync(join(this.#folder, file), text);
  }

  /** A line ends well, unless it says that it is red: then it must not. */
  #type(block: Block): void {
    for (const line of block.text.trim().split('\n')) {
      const [command = '', remark = ''] = line.split(/\s+# /);
      const wanted = remark.startsWith('red') ? 1 : 0;
      const { code, text } = shell(this.#folder, command);
      this.#said = text;
      console.log(`${code === wanted ? 'ok ' : 'not'}  ${this.#page}: ${line}`);
      if (code !== wanted) {
        console.log(text);
        this.#fail(block, `"${command}" ended with ${code}, not ${wanted}`);
      }
    }
  }

  /** Each line has to have been printed, in this order; `…` stands for lines that are left out. */
  #compare(block: Block): void {
    const said = this.#said.split('\n').map((line) => line.trim());
    let from = 0;
    for (const line of block.text.trim().split('\n')) {
      if (line.trim() === '' || line.trim() === '…') continue;
      const at = said.indexOf(line.trim(), from);
      if (at < 0) {
        console.log(this.#said);
        this.#fail(block, `this line was not printed: ${line}`);
      }
      from = at + 1;
    }
  }

  #fail(block: Block, why: string): never {
    throw new Error(`docs/start/${this.#page}, line ${block.line}: ${why}`);
  }
}

/** The blocks before the sections of runners, those of each, and those from "Fix it" on. */
function partsOf(blocks: readonly Block[]): {
  before: Block[];
  runners: Map<string, Block[]>;
  after: Block[];
} {
  const before: Block[] = [];
  const after: Block[] = [];
  const runners = new Map<string, Block[]>();
  for (const block of blocks) {
    if (block.section.startsWith('Fix it')) after.push(block);
    else if (block.runner === undefined) before.push(block);
    else runners.set(block.runner, [...(runners.get(block.runner) ?? []), block]);
  }
  return { before, runners, after };
}

/** @param asked runners; none: all that the page has */
function tryPage(page: string, folder: string, asked: readonly string[]): void {
  const { before, runners, after } = partsOf(blocksOf(readFileSync(join(pages, page), 'utf8')));
  if (runners.size < 3) throw new Error(`${page} has sections for ${[...runners.keys()]} alone`);
  const unknown = asked.find((runner) => !runners.has(runner));
  if (unknown !== undefined) throw new Error(`${page} has no section for ${unknown}`);
  for (const [runner, blocks] of runners) {
    if (asked.length > 0 && !asked.includes(runner)) continue;
    console.log(`==   ${page}, ${runner}`);
    const project = join(folder, `${basename(page, '.md')}-${runner}`.replaceAll(/[^\w-]/g, '-'));
    mkdirSync(project);
    const reader = new Reader(project, page);
    reader.follow(before);
    reader.follow(blocks);
    reader.follow(after);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'heddle-start-'));
try {
  const packed = shell(root, `npm pack --silent --pack-destination ${folder}`);
  if (packed.code !== 0) throw new Error(`npm pack: ${packed.text}`);
  const words = process.argv.slice(2);
  const named = words.filter((word) => word.endsWith('.md'));
  const runners = words.filter((word) => !word.endsWith('.md'));
  const chosen = named.length > 0 ? named : readdirSync(pages).sort();
  for (const page of chosen) tryPage(page, folder, runners);
  console.log(`${chosen.length} pages do what they say`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
