/** `docs/zoo.md`: what was measured, as a page to read. */
import { DRAWING, PORTFOLIO, SYSTEMATIC } from './entries.ts';
import { isHeldBack, KNOWN } from './known/index.ts';
import { firstsText } from './measure.ts';
import { comparisonOf, conclusion, PARTS, type Row, type Scope, scopeText } from './table.ts';

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function tableOf(rows: readonly Row[], { strategies }: Scope): string[] {
  return [
    row(['program', ...strategies, 'portfolio / best']),
    row(['---', ...strategies.map(() => '---:'), '---']),
    ...rows.flatMap((each) => {
      const comparison = comparisonOf(each);
      const { program, cells } = each;
      const figures = strategies.map((spec) => firstsText(cells.get(spec)?.firsts ?? []));
      const ratio = comparison && `${comparison.ratio.value.toFixed(2)} (${comparison.best})`;
      const published = strategies.map(
        (spec) => program.published?.[spec.split(':')[0] as 'surw'] ?? '',
      );
      return [
        row([program.name, ...figures, ratio ?? '']),
        ...(program.published === undefined ? [] : [row(['*SURW paper*', ...published, ''])]),
      ];
    }),
  ];
}

/** The list of published bugs, with where each is from. */
function sources(): string[] {
  return [
    row(['program', 'source', 'mistake', 'held back']),
    row(['---', '---', '---', '---']),
    ...KNOWN.map(({ name, source, mistake }) =>
      row([name, source, mistake, isHeldBack(name) ? 'yes' : 'no']),
    ),
  ];
}

/** The page, of rows that were measured whole. */
export function documentOf(rows: readonly Row[], scope: Scope): string {
  const parts = PARTS.flatMap(([name, has]) => {
    const its = rows.filter(({ program }) => has(program));
    return its.length === 0 ? [] : ['', `## Programs ${name}`, '', ...tableOf(its, scope)];
  });
  return `${[
    '# The zoo',
    '',
    'Programs with a known bug, and how many schedules each strategy needs until it shows. `npm run zoo` measures them all and writes this page.',
    '',
    `Strategies: those that draw (${DRAWING.filter((spec) => spec !== PORTFOLIO).join(', ')}), those that search systematically (${SYSTEMATIC.join(', ')}), and the ${PORTFOLIO}, which is the default.`,
    '[What they are, and when to take which](strategies.md).',
    '',
    ...scopeText(scope),
    '',
    '## What follows',
    '',
    ...conclusion(rows, scope)
      .split('\n')
      .map((line) => `- ${line.trim()}`),
    '',
    '## What was tuned on what',
    '',
    'The shares of the portfolio, whose its first runs are, and the walks of SURW were chosen by what was measured on the programs of the literature on schedulers',
    'and on one in three of the published bugs. The other two in three are held back: which they are is decided by a hash of the name',
    '(`test/zoo/known/index.ts`), and was before any of them was measured. "In company" is the same program with other things to do before, so that',
    'the moments that the mistake is about seldom fall together; both forms are on the same side.',
    '',
    'Figures of the SURW paper (Zhao et al., ASPLOS 2025) are of its own tools, whose scheduling points are others: 20 trials of 10,000 schedules at most (of SafeStack a million).',
    'They were recomputed from the trials that its authors publish (github.com/zhaohuanqdcn/SURW, stats/period). Compare ranks, not counts.',
    ...parts,
    '',
    '## Where the published bugs are from',
    '',
    'Each was written again from what is published, as small as it can be, and has a twin without the mistake, which no run may blame.',
    '',
    ...sources(),
  ].join('\n')}\n`;
}
