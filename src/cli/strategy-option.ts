import { InvalidArgumentError } from 'commander';
import {
  makeStrategy,
  STRATEGY_DEFAULT,
  STRATEGY_NAMES,
} from '../sim/schedule/strategies/index.ts';
import { type Definition, optionWith } from './command.ts';

/** `--strategy`: one that is unknown is refused before anything is run. */
export const STRATEGY: Definition<string> = optionWith(
  '--strategy <name>',
  `who decides: ${STRATEGY_NAMES.join(', ')}`,
  (text) => {
    try {
      makeStrategy(text, { seed: 1 });
    } catch (error) {
      throw new InvalidArgumentError(`${(error as Error).message}.`);
    }
    return text;
  },
  STRATEGY_DEFAULT,
);
