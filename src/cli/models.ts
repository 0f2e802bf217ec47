import pc from 'picocolors';
import { CLIENTS, MODELS, PROGRAMS, STORES } from '../models/catalogue.ts';
import type { Described, Model } from '../models/model.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { type AnyCommand, defineCommand } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { JSON_LINES } from './options.ts';
import { Output } from './output.ts';

interface ModelsCommand {
  readonly json: boolean;
}

export const command: AnyCommand = defineCommand<ModelsCommand>({
  name: 'models',
  about:
    'list the built-in servers, clients, stores and other programs, and what is known to be wrong with them',
  given: { json: JSON_LINES },
  examples: ['models', 'models --json | jq -r .id'],
  run: modelsCommand,
});

const KINDS: readonly (readonly [kind: string, models: readonly Described[]])[] = [
  ['server', MODELS],
  ['client', CLIENTS],
  ['prints', PROGRAMS],
  ['saves', STORES],
];

/** `heddle models`: the built-in programs, what each is, and what is wrong with it as written. */
function modelsCommand({ json }: ModelsCommand): number {
  const out = new Output(json);
  for (const [kind, models] of KINDS) {
    for (const model of models) {
      const { id, seed, what, faults } = model;
      const { echo } = model as Partial<Model>;
      out.object({
        type: 'model',
        id,
        kind,
        seed,
        what,
        ...(echo === undefined ? {} : { echo }),
        faults,
      });
      const origin = seed === undefined ? '' : `article ${seed}, `;
      out.line(`${pc.bold(id)}  ${pc.dim(`(${origin}${kind})`)}`);
      out.line(`  ${what}`);
      for (const fault of faults)
        out.line(`  fault ${fault.number}: ${fault.what} ${pc.dim(`[${fault.needs}]`)}`);
      out.line();
    }
  }
  out.line(`fuzz one:   ${HEDDLE} fuzz MODEL`);
  out.line(`serve one:  ${HEDDLE} serve MODEL --port 7000`);
  return EXIT.ok;
}
