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

/** They may take their time, on whatever machine. */
const RUN_TIME_MS = 600_000;

/** Such a program on one host. */
export function scenarioOf(program: string): Scenario {
  return scenario(
    program,
    (world) => {
      const body = nodeProgram(pathOf(program), { runTimeMs: RUN_TIME_MS });
      world.process('program').spawn('program', body, { daemon: false });
    },
    { network: { splits: false } },
  );
}
