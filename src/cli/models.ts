import pc from 'picocolors';
import { MODELS } from '../models/catalogue.ts';
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
  about: 'list the built-in server programs and what is known to be wrong with them',
  given: { json: JSON_LINES },
  examples: ['models', 'models --json | jq -r .id'],
  run: modelsCommand,
});

/**
 * `heddle models`: the built-in server programs, what each is, and what is wrong with it as
 * written.
 */
function modelsCommand({ json }: ModelsCommand): number {
  const out = new Output(json);
  for (const model of MODELS) {
    out.object({
      type: 'model',
      id: model.id,
      seed: model.seed,
      what: model.what,
      echo: model.echo,
      faults: model.faults,
    });
    out.line(`${pc.bold(model.id)}  ${pc.dim(`(article ${model.seed})`)}`);
    out.line(`  ${model.what}`);
    for (const fault of model.faults)
      out.line(`  fault ${fault.number}: ${fault.what} ${pc.dim(`[${fault.needs}]`)}`);
    out.line();
  }
  out.line(`fuzz one:   ${HEDDLE} fuzz MODEL`);
  out.line(`serve one:  ${HEDDLE} serve MODEL --port 7000`);
  return EXIT.ok;
}
