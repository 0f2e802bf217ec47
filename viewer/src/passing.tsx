/** The nearest passing run beside the failing one: what both did, and where they part. */
import type { JSX } from 'preact';
import type { NearestRun, PairedRow } from '../../src/sim/trace/model.ts';

/** Rows of both that are shown before the first that differs. */
const CONTEXT_ROWS = 3;
/** More is not compared by eye. */
const ROWS_MAX = 400;

export interface PassingProps {
  readonly nearest: NearestRun;
  /** Of the failing run. */
  readonly selected: number;
  readonly failedAt: number | undefined;
  readonly onSelect: (step: number) => void;
}

export function Passing({ nearest, selected, failedAt, onSelect }: PassingProps): JSX.Element {
  const { rows, changed, steps } = nearest;
  const part = rows.findIndex((row) => row.here === null || row.there === null);
  const from = Math.max(0, (part < 0 ? rows.length : part) - CONTEXT_ROWS);
  const shown = rows.slice(from, from + ROWS_MAX);
  return (
    <section class="passing" aria-label="The nearest passing run">
      <p class="banner">
        <span>
          ✓ passes, in {steps} steps, if <strong>{changed.join(' and ')}</strong>
        </span>
      </p>
      <div class="passing-rows">
        <table>
          <thead>
            <tr>
              <th scope="col">here ✗</th>
              <th scope="col">there ✓</th>
              <th scope="col">task</th>
              <th scope="col">did</th>
              <th scope="col">result</th>
            </tr>
          </thead>
          <tbody>
            {from > 0 ? (
              <tr class="same">
                <td colSpan={5}>{from} steps that are the same in both</td>
              </tr>
            ) : null}
            {shown.map((row, index) => (
              <tr key={from + index} class={classOf(row, selected)}>
                <td class="number">
                  {row.here === null ? (
                    <span class="sr">not here</span>
                  ) : (
                    <button type="button" onClick={() => onSelect(row.here as number)}>
                      {row.here}
                    </button>
                  )}
                </td>
                <td class="number">{row.there ?? <span class="sr">not there</span>}</td>
                <td>{row.who}</td>
                <td>
                  <span aria-hidden="true">{sideOf(row)} </span>
                  {row.here !== null && row.here === failedAt ? '✗ ' : ''}
                  {row.did}
                </td>
                <td>{row.result}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Shapes as `heddle diff` has them, so that colour is not needed. */
function sideOf({ here, there }: PairedRow): string {
  if (there === null) return '<';
  return here === null ? '>' : ' ';
}

function classOf({ here, there }: PairedRow, selected: number): string {
  const side = there === null ? 'here' : here === null ? 'there' : 'same';
  return here === selected ? `${side} chosen` : side;
}
