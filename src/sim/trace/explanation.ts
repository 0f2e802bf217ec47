import { alternativeText } from './describe.ts';
import { moverText, type NamedMover } from './mover.ts';
import type { Parting } from './parting.ts';
import type { ToldStep, TraceDecision } from './recorder.ts';

/** A decision of a failing run that was not calm. @since 0.1.0 */
export interface WeighedDecision {
  /** Its place among the decisions of the run, from 0. */
  readonly place: number;
  /** The step it belongs to, from 1. */
  readonly step: number;
  /** What kind of choice it was: `move`, `split`, `fault`, … */
  readonly kind: string;
  /** What was taken, or what it was about. */
  readonly about: string;
  /**
   * Whether the run no longer fails in this way with the calm alternative instead; undefined if
   * that was not tried.
   */
  readonly matters: boolean | undefined;
}

/** A decision that is another one in a neighbouring run. @since 0.1.0 */
export interface ChangedDecision {
  /** Its place among the decisions of the run, from 0. */
  readonly place: number;
  /** The step it belongs to, from 1. */
  readonly step: number;
  /** What was changed, in words: `all bytes arrive at step 11`. */
  readonly text: string;
}

/** A run that passes although few decisions of the failing one are changed in it. @since 0.1.0 */
export interface NearestPass {
  /** What is different in it. */
  readonly changed: readonly ChangedDecision[];
  /** Its schedule. */
  readonly decisions: readonly number[];
  /**
   * Where the failing run (`here`) and this one (`there`) part; undefined if no step tells them
   * apart.
   */
  readonly parting: Parting | undefined;
  /**
   * Which awaits are overtaken in the failing run, and not in this one, by their names in it.
   *
   * @internal
   */
  readonly overtakings: readonly string[];
}

/** Why a schedule fails, as far as replays of its neighbours can tell. @since 0.1.0 */
export interface Explanation {
  /** The decisions that were not calm, in order. */
  readonly decisions: readonly WeighedDecision[];
  /**
   * How many schedules were tried that take another alternative at one of them, and how many of
   * those do not fail in this way.
   */
  readonly neighbours: number;
  /** Of {@link neighbours}, those that do not fail in this way. */
  readonly gone: number;
  /** Undefined where none was found with the replays there were. */
  readonly nearest: NearestPass | undefined;
  /** Replays spent on it. */
  readonly replays: number;
}

/** An explanation as labelled lines of a report. */
export function explanationFields(explanation: Explanation): [label: string, text: string][] {
  return [...mattersFields(explanation), ...nearestFields(explanation.nearest)];
}

/** Steps that are named; the rest is counted. */
const MARKS_MAX = 10;

/** Which of the marked steps the failure needs. */
function mattersFields({ decisions, neighbours, gone }: Explanation): [string, string][] {
  const marks = [
    ...new Set(decisions.filter(isMarked).map(({ matters, step }) => markOf(matters) + step)),
  ];
  if (marks.length === 0 || neighbours === 0) return [];
  const told = marks.slice(0, MARKS_MAX);
  if (marks.length > told.length) told.push(`and ${marks.length - told.length} more`);
  return [['matters', `${told.join(' ')}: ${neighboursText(neighbours, gone)}`]];
}

function neighboursText(count: number, gone: number): string {
  const there = 'with another choice there';
  if (count === 1) return `the failure ${gone === 0 ? 'stays' : 'is gone'} ${there}`;
  const all = count === 2 ? 'both' : `all ${count}`;
  const which = gone === 0 || gone === count ? all : `${gone} of ${count}`;
  return `the failure ${gone === 0 ? 'stays' : 'is gone'} in ${which} schedules ${there}`;
}

/** Those that are taken before the run begins are shown as what was given. */
function isMarked({ kind, matters }: WeighedDecision): boolean {
  return kind !== 'input' && kind !== 'swarm' && matters !== undefined;
}

/** ◆: the failure needs it; ◇: the run fails without it too. */
export function markOf(matters: boolean | undefined): '◆' | '◇' {
  return matters === false ? '◇' : '◆';
}

function nearestFields(nearest: NearestPass | undefined): [string, string][] {
  if (nearest === undefined) return [];
  const { changed, parting } = nearest;
  const fields: [string, string][] = [['nearest', `it passes if ${changesText(changed)}`]];
  if (parting === undefined) return fields;
  const { here, there, effect } = parting;
  fields.push(['here', `step ${parting.step}: ${moveText(here)}`]);
  fields.push(['there', `step ${parting.step}: ${moveText(there)}`]);
  // A parting that is its own effect has been said.
  if (effect !== undefined && effect.here.step !== parting.step) {
    fields.push(['effect', effectText(effect.here, effect.there)]);
  }
  return fields;
}

/** Changes that are told; of a run that is further away the rest is counted. */
const CHANGES_MAX = 3;

function changesText(changed: readonly ChangedDecision[]): string {
  const told = changed.slice(0, CHANGES_MAX).map(({ text }) => text);
  const left = changed.length - told.length;
  return [...told, ...(left > 0 ? [`${left} more`] : [])].join(' and ');
}

/** What a decision of the failing run is in a neighbouring one. */
export function changeText(here: TraceDecision, there: TraceDecision | undefined): string {
  const { kind, about, mover, step } = here;
  const choice = there?.choice ?? 0;
  const at = `at step ${step}`;
  switch (kind) {
    case 'step':
      return `${movesText(there?.mover)} ${at} instead of ${nameOf(mover)}`;
    case 'input':
    case 'chance':
      return `${about} = ${there?.text ?? choice} instead of ${here.text ?? here.choice}`;
    case 'swarm':
      return `${about} is ${choice === 0 ? 'not ' : ''}active`;
    case 'deliver':
      return choice === 0 ? `all bytes arrive ${at}` : `${choice} B arrive ${at}`;
    case 'latency':
      return `${mover === undefined ? about : moverText(mover)} takes ${choice === 0 ? 'no longer' : `${choice} ms longer`} ${at}`;
    case 'pick':
      return `${there?.text ?? `case ${choice + 1}`} ${at} instead of ${here.text ?? `case ${here.choice + 1}`}`;
    case 'begun':
      return `${there?.text ?? `not so that ${here.text}`} ${at}`;
    case 'listener':
      return `the ${kind} choice ${at} is ${choice}`;
    default:
      return choice === 0 ? `no fault ${kind} ${at}` : `fault ${kind} (${choice}) ${at}`;
  }
}

/** A decision of a neighbouring run that is not calm, where this run has nothing to compare. */
export function deviationText({
  kind,
  arity,
  choice,
  about,
  mover,
  calm,
  text,
  step,
}: TraceDecision): string {
  const at = `at its step ${step}`;
  if (kind === 'step') return `${movesText(mover)} ${at} instead of ${nameOf(calm)}`;
  if (kind === 'input' || kind === 'swarm') return `${about} = ${text ?? choice}`;
  return `${alternativeText(kind, arity, choice, text)} ${at}`;
}

/** Tasks move, what is under way arrives, and a call of a service begins or answers. */
function movesText(mover: NamedMover | undefined): string {
  if (mover?.kind === 'service') return nameOf(mover);
  return `${nameOf(mover)} ${mover === undefined || mover.kind === 'task' ? 'moves' : 'arrives'}`;
}

function nameOf(mover: NamedMover | undefined): string {
  return mover === undefined ? 'another' : moverText(mover);
}

/** A step in one line: who did what, and what it gave. */
export function moveText(step: ToldStep | undefined): string {
  if (step === undefined) return '(the run has ended)';
  const did = step.kind === 'arrival' ? `${step.did} arrives` : `${step.who} ${step.did}`;
  return `${did}${step.result === '' ? '' : ` → ${step.result}`}`;
}

/** What was done, and what it gave where that is said apart. */
function outcomeText({ did, result }: ToldStep): string {
  return result === '' ? did : `${did} → ${result}`;
}

function effectText(here: ToldStep, there: ToldStep): string {
  if (here.did === there.did) {
    return `${here.who} ${here.did} gives ${here.result} here, ${there.result} there`;
  }
  return `${here.who} ${outcomeText(here)} here, ${outcomeText(there)} there`;
}
