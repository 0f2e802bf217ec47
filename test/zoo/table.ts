/** What `npm run zoo` prints: a row a program, and what follows from them all. */
import { type Cell, DRAWING, isNested, PCT, PORTFOLIO, SYSTEMATIC, TO_LOWEST } from './entries.ts';
import { firstsText, type Mean, meanOf, ratioOf } from './measure.ts';
import type { Specimen } from './programs.ts';

/**
 * The portfolio is good enough where it needs at most so many times the schedules of the best
 * strategy, in the geometric mean and at worst.
 */
export const RATIO_MEAN_MAX = 1.6;
export const RATIO_MAX = 5;
/** Where the best needs more than this many, a program is a hard one. */
export const HARD_RUNS = 5;

/** A program with its cells, by strategy. */
export interface Row {
  readonly program: Specimen;
  readonly cells: ReadonlyMap<string, Cell>;
}

/** How many seeds and schedules, of a strategy on a program. */
export interface Bounds {
  readonly seeds: number;
  readonly runsMax: number;
  /** Schedules of all seeds together, but for the portfolio. */
  readonly budget: number;
}

export interface Scope extends Bounds {
  readonly strategies: readonly string[];
  /** Of programs with many threads. */
  readonly large: Bounds;
}

const WIDTH = 38;
const COLUMN = 12;

const line = (name: string, columns: readonly string[], last = ''): string =>
  `${name.padEnd(WIDTH)}${columns.map((text) => text.padEnd(COLUMN)).join('')}${last}`.trimEnd();

/** What the figures are, a sentence each. */
export function scopeText({ seeds, runsMax, budget, large }: Scope): string[] {
  return [
    `Mean schedules to the first bug; ${seeds} seeds (one for ${SYSTEMATIC.join(', ')}, whose runs are always the same), at most ${runsMax} schedules each.`,
    `A strategy other than the portfolio is given up on a program after ${budget} schedules of all seeds together; "(k)": found with k of those tried, "0 of n": with none.`,
    `Programs with many threads: ${large.seeds} seeds, at most ${large.runsMax} schedules each, ${large.budget} together.`,
  ];
}

export function heading(scope: Scope): string {
  const { strategies } = scope;
  return [
    ...scopeText(scope),
    'Where there are many threads dpor is left out: one run takes it up to a second.',
    'Below the means what others needed: a re-creation with the same scheduling points, and the tools of the SURW paper, whose points are others.',
    '',
    line('program', strategies, 'portfolio / best'),
  ].join('\n');
}

/** The row of a program, and below it the rows of the figures that are known. */
export function rowText({ program, cells }: Row, scope: Scope): string {
  const columns = scope.strategies.map((spec) => {
    const cell = cells.get(spec);
    return cell === undefined ? '' : cell.firsts.length === 0 ? '?' : firstsText(cell.firsts);
  });
  const known = (name: string, of: (spec: string) => string | undefined): string[] => {
    const texts = scope.strategies.map((spec) => of(spec.split(':')[0] ?? '') ?? '');
    return texts.some((text) => text !== '') ? [line(`  ${name}`, texts)] : [];
  };
  const comparison = comparisonOf({ program, cells });
  return [
    line(
      program.name,
      columns,
      comparison && `${comparison.ratio.value.toFixed(2)} (${comparison.best})`,
    ),
    ...known(
      're-creation',
      (name) =>
        program.known?.[name as keyof typeof program.known] ??
        program.knownSystematic?.[SYSTEMATIC.indexOf(name)],
    ),
    ...known('SURW paper', (name) => program.published?.[name as keyof typeof program.published]),
  ].join('\n');
}

/** What the portfolio needs against the best of the others. */
export interface Comparison {
  readonly program: string;
  /** The strategy that needs the fewest schedules. */
  readonly best: string;
  /** How many those are, on average. */
  readonly bestMean: number;
  readonly ratio: Mean;
}

/** Undefined where nobody has found anything, or the portfolio was not tried. */
export function comparisonOf({ program, cells }: Row): Comparison | undefined {
  const own = cells.get(PORTFOLIO);
  if (own === undefined || !own.isDone) return undefined;
  const { runsMax } = own.effort;
  let best: { spec: string; mean: Mean } | undefined;
  for (const [spec, cell] of cells) {
    if (spec === PORTFOLIO || spec === TO_LOWEST || cell.firsts.every((first) => first === null))
      continue;
    const mean = meanOf(cell.firsts, runsMax);
    if (best === undefined || mean.value < best.mean.value) best = { spec, mean };
  }
  return (
    best && {
      program: program.name,
      best: best.spec,
      bestMean: best.mean.value,
      ratio: ratioOf(meanOf(own.firsts, runsMax), best.mean),
    }
  );
}

const isFound = (cell: Cell | undefined): boolean =>
  cell?.firsts.some((first) => first !== null) ?? false;

const countsText = (counts: readonly (readonly [string, number])[]): string =>
  counts.map(([name, count]) => `${name} ${count}`).join(', ');

/** The programs on which something may have been tuned, and those on which nothing was. */
export const PARTS: readonly (readonly [name: string, has: (program: Specimen) => boolean])[] = [
  ['of the literature on schedulers', ({ heldBack }) => heldBack === undefined],
  ['published bugs, tuned on', ({ heldBack }) => heldBack === false],
  ['published bugs, held back', ({ heldBack }) => heldBack === true],
];

const geometricMean = (ratios: readonly number[]): number =>
  Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);

function ratiosText(name: string, comparisons: readonly Comparison[]): string {
  const ratios = comparisons.map(({ ratio }) => ratio.value);
  const [worst] = comparisons.toSorted((a, b) => b.ratio.value - a.ratio.value);
  if (worst === undefined) return `${name}: none.`;
  const { program, ratio, best } = worst;
  return `${name}: ${ratios.length} programs; portfolio / best ${geometricMean(ratios).toFixed(2)} in the geometric mean, at worst ${ratio.value.toFixed(2)} ± ${ratio.error.toFixed(2)} (${program}, ${best}).`;
}

/** Programs that a strategy finds with all of its seeds, and the portfolio with less than all. */
function missedText(rows: readonly Row[]): string {
  const findsAll = (cell: Cell): boolean =>
    cell.firsts.length === cell.effort.seeds.length && cell.firsts.every((first) => first !== null);
  const missed = rows.filter(({ cells }) => {
    const own = cells.get(PORTFOLIO);
    return own !== undefined && !findsAll(own) && [...cells.values()].some(findsAll);
  });
  const names = missed.map(({ program }) => program.name).join(', ');
  return `Found by some strategy with all its seeds and not so by the portfolio: ${names || 'none'}.`;
}

/** What follows from the rows that are complete. */
export function conclusion(rows: readonly Row[], scope: Scope): string {
  const foundBy = (spec: string, among: readonly Row[]): number =>
    among.filter(({ cells }) => isFound(cells.get(spec))).length;
  const published = rows.filter(({ program }) => program.published !== undefined);
  const others = scope.strategies.filter((spec) => spec !== PORTFOLIO);
  const lines = [
    `The portfolio found the bugs of ${foundBy(PORTFOLIO, rows)} of ${rows.length} programs; ${countsText(others.map((spec) => [spec, foundBy(spec, rows)]))}.`,
  ];
  if (published.length > 0) {
    lines.push(
      `Of the ${published.length} with published figures it found ${foundBy(PORTFOLIO, published)}; the tools of the paper: ${countsText(publishedFinds(published))}.`,
    );
  }
  for (const [name, has] of PARTS) {
    const comparisons = rows
      .filter(({ program }) => has(program))
      .map((row) => comparisonOf(row))
      .filter((one) => one !== undefined);
    if (comparisons.length === 0) continue;
    lines.push(
      ratiosText(name, comparisons),
      ratiosText(
        `  of these, the best needs more than ${HARD_RUNS}`,
        comparisons.filter(({ bestMean }) => bestMean > HARD_RUNS),
      ),
    );
  }
  lines.push(
    `Wanted: at most ${RATIO_MEAN_MAX} in the geometric mean, and ${RATIO_MAX} at worst.`,
    missedText(rows),
    `A seed that found nothing counts as all its schedules; with ${scope.seeds} seeds a mean is off by about ${Math.round(100 / Math.sqrt(scope.seeds))} %.`,
  );
  const nested = rows.find(({ program }) => isNested(program.name));
  const [paper, lowest] = [PCT, TO_LOWEST].map((spec) => nested?.cells.get(spec));
  if (paper !== undefined && lowest !== undefined) {
    lines.push(
      `On nested order ${PCT} needs ${firstsText(paper.firsts)}; demoting to the lowest instead: ${firstsText(lowest.firsts)}.`,
    );
  }
  return lines.join('\n');
}

/** How many of the programs the tools of the paper found, by strategy. */
function publishedFinds(among: readonly Row[]): [string, number][] {
  const specs = DRAWING.map((spec) => spec.split(':')[0] as string);
  return specs
    .map((name): [string, string[]] => [
      name,
      among
        .map(({ program }) => program.published?.[name as 'surw'])
        .filter((text) => text !== undefined),
    ])
    .filter(([, texts]) => texts.length > 0)
    .map(([name, texts]) => [name, texts.filter((text) => text !== '0').length]);
}
