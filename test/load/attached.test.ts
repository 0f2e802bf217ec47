// What of a failure travels with the report of a test runner.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Scratch, scratchProject } from '../scratch.ts';

let scratch: Scratch;

beforeAll(() => {
  scratch = scratchProject();
  scratch.write(
    'order.test.js',
    `import { scenario } from 'heddle';
import { fuzz } from 'heddle/vitest';
const order = (isRight) => (world) => {
  let turns = '';
  for (const task of ['a', 'b']) {
    world.process('p').spawn(task, function* (sys) {
      yield* sys.getpid();
      turns += task;
    });
  }
  world.finally('in order', () => isRight(turns));
};
fuzz(scenario('a comes first', order((turns) => turns === 'ab')), { runs: 50 });
fuzz(scenario('both come', order((turns) => turns.length === 2)), { runs: 50 });
`,
  );
  // What reporters are given, as they are given it.
  scratch.write(
    'reporter.js',
    `import { writeFileSync } from 'node:fs';
const told = [];
export default class {
  onTestCaseAnnotate(test, { message, attachment }) {
    told.push({ test: test.name, message, attachment });
  }
  onTestRunEnd() {
    writeFileSync('told.json', JSON.stringify(told));
  }
}
`,
  );
});
afterAll(() => scratch.remove());

it('a failure that was saved is attached, whole, to the test that found it', () => {
  expect(scratch.shell('npx vitest run --reporter=./reporter.js').status).toBe(1);
  const folder = join(scratch.folder, '.heddle');
  const [name = ''] = readdirSync(folder);
  const told = JSON.parse(readFileSync(join(scratch.folder, 'told.json'), 'utf8'));
  expect(told).toHaveLength(2);
  const [red, green] = told;
  expect(red.message).toBe(`attached: .heddle/${name}`);
  expect(red.test).toBe('a comes first');
  expect(red.attachment.contentType).toBe('application/json');
  const body = Buffer.from(red.attachment.body, 'base64').toString();
  expect(body).toBe(readFileSync(join(folder, name), 'utf8'));
  expect(green).toMatchObject({ test: 'both come' });
  expect(green.attachment).toBeUndefined();
  // Nothing is copied beside it.
  expect(readdirSync(scratch.folder)).not.toContain('.vitest-attachments');
});
