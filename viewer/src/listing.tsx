/** A list of what was said or printed, each line with the step that says it. */
import type { JSX } from 'preact';
import type { Line, ListName } from './lists.ts';
import type { Run } from './run.ts';

export interface ListingProps {
  readonly run: Run;
  readonly name: ListName;
  readonly lines: readonly Line[];
  readonly selected: number;
  readonly onSelect: (step: number) => void;
}

export function Listing({ run, name, lines, selected, onSelect }: ListingProps): JSX.Element {
  const link = (step: number): JSX.Element => (
    <button type="button" onClick={() => onSelect(step)}>
      {step}
    </button>
  );
  const leads = name !== 'console';
  return (
    <section class="passing" aria-label={name}>
      <div class="passing-rows">
        <table>
          <thead>
            <tr>
              <th scope="col">step</th>
              <th scope="col">time</th>
              <th scope="col">task</th>
              <th scope="col">{name}</th>
              {leads ? <th scope="col">{name === 'messages' ? 'read by' : 'answered'}</th> : null}
            </tr>
          </thead>
          <tbody>
            {lines.map(({ step, text, end }, index) => (
              <tr key={index} class={step === selected || end === selected ? 'chosen' : ''}>
                <td class="number">{link(step)}</td>
                <td>{Number(run.step(step)?.timeMs.toFixed(3))} ms</td>
                <td>{run.who(run.step(step))}</td>
                <td>{text}</td>
                {leads ? (
                  <td>{end === null ? '–' : [link(end), ' ', answerOf(run, name, end)]}</td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function answerOf(run: Run, name: ListName, step: number): string {
  const { did = '' } = run.step(step) ?? {};
  return name === 'messages' ? `${run.who(run.step(step))} ${did}` : did;
}
