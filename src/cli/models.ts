import pc from 'picocolors';
import { MODELS } from '../models/catalogue.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { Output } from './output.ts';

/**
 * `heddle models`: the built-in server programs, what each is, and what is wrong with it as
 * written.
 */
export function modelsCommand(json: boolean): number {
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
  return 0;
}
