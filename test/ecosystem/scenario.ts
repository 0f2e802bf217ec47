import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram } from '../../src/node/program.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';

const FOLDER = join(import.meta.dirname, 'programs');

/** Programs on packages from npm, each with both ends of its connections in it. */
export const programs: readonly string[] = readdirSync(FOLDER).filter((name) =>
  name.endsWith('.mjs'),
);

export const pathOf = (program: string): string => join(FOLDER, program);

/** Such a program on one host. */
export function scenarioOf(program: string): Scenario {
  return scenario(
    program,
    (world) => {
      world.process('program').spawn('program', nodeProgram(pathOf(program)), { daemon: false });
    },
    { network: { splits: false } },
  );
}
