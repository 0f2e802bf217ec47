// A failure becomes a test by one command.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Scratch, scratchProject } from '../scratch.ts';

let scratch: Scratch;
/** The failures of the two scenarios, as paths. */
let saved: string[];

// biome-ignore lint/suspicious/noTemplateCurlyInString: it must not be taken for one
const LAW = "it's \\in\\ 'order', \"a\"\nand then `b` ${x}";

/** As a file of its own, and as a file of tests; the mistake is fixed, or not. */
const scenarioText = (isFixed: boolean): string => `
import { scenario } from 'heddle';
const order = (world) => {
  let turns = '';
  for (const task of ['a', 'b']) {
    world.process('p').spawn(task, function* (sys) {
      yield* sys.getpid();
      ${isFixed ? "turns = 'ab';" : 'turns += task;'}
    });
  }
  world.finally(${JSON.stringify(LAW)}, () => turns === 'ab' || 'it is ' + turns);
};
`;
const write = (isFixed: boolean): void => {
  scratch.write(
    'src/alone.scenario.js',
    `${scenarioText(isFixed)}\nexport default scenario('it stands alone', order);\n`,
  );
  scratch.write(
    'test/beside.test.js',
    `import { test } from 'vitest';\n${scenarioText(isFixed)}
export const beside = scenario('it stands beside tests', order);
const hidden = scenario('it is not exported', order);
test('not run twice', () => console.log('RUN', 'ONCE'));\n`,
  );
};

beforeAll(() => {
  scratch = scratchProject();
  write(false);
  scratch.shell('npx heddle fuzz src test --runs 50 --workers 1 || true');
  saved = readdirSync(join(scratch.folder, '.heddle')).map((name) => `.heddle/${name}`);
  expect(saved).toHaveLength(3);
});
afterAll(() => scratch.remove());

const failureOf = (name: string): string => saved.find((path) => path.includes(name)) as string;
const pathsOf = (name: string, folder: string): [test: string, copy: string] => {
  const stem = failureOf(name).slice('.heddle/'.length, -'.json'.length);
  return [`${folder}/${stem}.test.js`, `${folder}/failures/${stem}.json`];
};
const read = (path: string): string => readFileSync(join(scratch.folder, path), 'utf8');

describe('heddle pin', () => {
  it('writes a test and a copy of the failure; red until the mistake is fixed', () => {
    const [one, two] = [failureOf('alone'), failureOf('beside')];
    const pinned = scratch.shell(`npx heddle pin ${one} && npx heddle pin ${two}`);
    expect(pinned).toMatchObject({ status: 0, out: expect.stringContaining('Commit both.') });
    const [alone, copy] = pathsOf('alone', 'src');
    const [beside] = pathsOf('beside', 'test');
    expect(read(copy)).toBe(read(one));
    rmSync(join(scratch.folder, '.heddle'), { recursive: true });
    const red = scratch.shell(`npx vitest run ${alone} ${beside}`);
    expect(red.status).toBe(1);
    expect(red.out).toMatch(/Tests +2 failed \| 1 skipped/);
    expect(red.err).toMatch(/saved in src\/failures\/it-stands-alone-\w+\.json/);
    expect(red.err).toMatch(/saved in test\/failures\/it-stands-beside-tests-\w+\.json/);
    expect(red.out).not.toContain('RUN ONCE');
    write(true);
    const green = scratch.shell(`npx vitest run ${alone} ${beside}`);
    expect(green.out).toMatch(/Tests +2 passed \| 1 skipped/);
    expect(green.status).toBe(0);
    write(false);
  });

  it('never overwrites, and prints what it would write', () => {
    const [alone, copy] = pathsOf('alone', 'src');
    const before = read(alone);
    const again = scratch.shell(`npx heddle pin ${copy} || npx heddle pin ${copy} --print`);
    expect(again.err).toContain(`${alone} is there already and is not overwritten`);
    expect(again.out.split('\n').slice(1)).toEqual(before.split('\n').slice(1));
    expect(read(alone)).toBe(before);
  });

  it('writes a test of node:test', () => {
    const [alone, copy] = pathsOf('alone', 'src');
    rmSync(join(scratch.folder, alone));
    const red = scratch.shell(
      `npx heddle pin ${copy} --runner node:test --json && node --test ${alone}`,
    );
    expect(read(alone)).toContain("import { test } from 'node:test';");
    expect(red.out).toContain('the law: it is ba');
    expect(red.status).toBe(1);
    write(true);
    expect(scratch.shell(`node --test ${alone}`).status).toBe(0);
    write(false);
  });

  it('refuses what a test cannot import, and writes nothing', () => {
    scratch.shell('npx heddle fuzz test --runs 50 --workers 1 || true');
    const { status, err } = scratch.shell(`npx heddle pin ${failureOf('not-exported')}`);
    expect(err).toMatch(/does not export the scenario "it is not exported".*export it/);
    expect(status).toBe(2);
    expect(
      pathsOf('not-exported', 'test').some((path) => existsSync(join(scratch.folder, path))),
    ).toBe(false);
  });
});
