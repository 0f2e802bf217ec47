/** What `npm run zoo` prints: a row a program, and what follows from them all. */
import { type Cell, DRAWING, isNested, PCT, PORTFOLIO, SYSTEMATIC, TO_LOWEST } from './entries.ts';
import { firstsText, type Mean, meanOf, ratioOf } from './measure.ts';
import type { Specimen } from './programs.ts';

/**
 * More than this many times the schedules of the best strategy, and the portfolio is not good
 * enough.
 */
const RATIO_MAX = 2;

/** A program with its cells, by strategy. */
export interface Row {
  readonly program: Specimen;
  readonly cells: ReadonlyMap<string, Cell>;
}

export interface Scope {
  readonly strategies: readonly string[];
  readonly seeds: number;
  readonly runsMax: number;
}

const WIDTH = 38;
const COLUMN = 12;

const line = (name: string, columns: readonly string[], last = ''): string =>
  `${name.padEnd(WIDTH)}${columns.map((text) => text.padEnd(COLUMN)).join('')}${last}`.trimEnd();

export function heading({ strategies, seeds, runsMax }: Scope): string {
  return [
    `Mean schedules to the first bug; ${seeds} seeds (one for ${SYSTEMATIC.join(', ')}, whose runs are always the same), at most ${runsMax} schedules each.`,
    '"(k)": found with k of the seeds; "0 of 5": what finds nothing with five seeds is not tried with more.',
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
  const comparison = comparisonOf({ program, cells }, scope);
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
  readonly ratio: Mean;
}

/** Undefined where nobody has found anything, or the portfolio was not tried. */
export function comparisonOf({ program, cells }: Row, { runsMax }: Scope): Comparison | undefined {
  const own = cells.get(PORTFOLIO);
  if (own === undefined || !own.isDone) return undefined;
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
      ratio: ratioOf(meanOf(own.firsts, runsMax), best.mean),
    }
  );
}

const isFound = (cell: Cell | undefined): boolean =>
  cell?.firsts.some((first) => first !== null) ?? false;

const countsText = (counts: readonly (readonly [string, number])[]): string =>
  counts.map(([name, count]) => `${name} ${count}`).join(', ');

/** What follows from the rows that are complete. */
export function conclusion(rows: readonly Row[], scope: Scope): string {
  const { seeds, runsMax } = scope;
  const foundBy = (spec: string, among: readonly Row[]): number =>
    among.filter(({ cells }) => isFound(cells.get(spec))).length;
  const published = rows.filter(({ program }) => program.published !== undefined);
  const others = scope.strategies.filter((spec) => spec !== PORTFOLIO);
  const comparisons = rows
    .map((row) => comparisonOf(row, scope))
    .filter((one) => one !== undefined)
    .sort((a, b) => b.ratio.value - a.ratio.value);
  const over = comparisons.filter(({ ratio }) => ratio.value > RATIO_MAX);
  const surely = over.filter(({ ratio }) => ratio.value - 2 * ratio.error > RATIO_MAX);
  const names = (among: readonly Comparison[]): string =>
    among.length === 0
      ? 'none'
      : among
          .map(
            ({ program, best, ratio }) =>
              `${program} (${ratio.value.toFixed(2)} ± ${ratio.error.toFixed(2)}, ${best})`,
          )
          .join(', ');
  const lines = [
    `The portfolio found the bugs of ${foundBy(PORTFOLIO, rows)} of ${rows.length} programs; ${countsText(others.map((spec) => [spec, foundBy(spec, rows)]))}.`,
  ];
  if (published.length > 0) {
    lines.push(
      `Of the ${published.length} with published figures it found ${foundBy(PORTFOLIO, published)}; the tools of the paper: ${countsText(publishedFinds(published))}.`,
    );
  }
  if (comparisons.length > 0) {
    lines.push(
      `Its mean is more than ${RATIO_MAX} times that of the best strategy, on ${comparisons.length} programs whose bug was found, for: ${names(over)}.`,
      `Among these, by more than two standard errors: ${names(surely)}.`,
    );
  }
  lines.push(
    `A seed that found nothing counts as ${runsMax} schedules; with ${seeds} seeds a mean is off by about ${Math.round(100 / Math.sqrt(seeds))} %.`,
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
