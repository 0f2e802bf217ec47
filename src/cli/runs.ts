/** What users call a run: a failure file, a schedule as text, or a model. */
import { existsSync } from 'node:fs';
import { MODELS, modelNamed } from '../models/catalogue.ts';
import type { Model } from '../models/model.ts';
import { SCENARIOS, type Variant } from '../scenarios/index.ts';
import { tourScenario } from '../scenarios/tour.ts';
import { namedSchedule, readFailure } from '../sim/explore/failures.ts';
import { recordUnder } from '../sim/explore/record.ts';
import { replay } from '../sim/explore/attempt.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { ReplayByName } from '../sim/schedule/strategies/replay-by-name.ts';
import { parseSchedule, ScheduleError, scenarioHash } from '../sim/schedule/text.ts';
import { UsageError } from '../sys/errors.ts';
import { checkModel } from './arguments.ts';

export interface NamedRun {
  readonly scenario: Scenario;
  readonly decisions: readonly number[];
  /** Where it comes from. */
  readonly from: 'file' | 'schedule' | 'model';
}
