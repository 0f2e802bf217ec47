/** Which tasks are drawn, and which of them first. */
import type { JSX } from 'preact';
import type { LaneOrder } from './lane-order.ts';
import type { Place } from './place.ts';
import type { Run } from './run.ts';

export interface LaneMenuProps {
  readonly run: Run;
  readonly order: LaneOrder;
  readonly fold: readonly number[];
  readonly go: (change: Partial<Place>) => void;
}

export function LaneMenu({ run, order, fold, go }: LaneMenuProps): JSX.Element {
  const { hidden, pinned } = order;
  const others = run.columns.filter((lane) => !pinned.includes(lane));
  return (
    <details class="lane-menu">
      <summary>
        lanes
        {hidden.size === 0 ? null : <span> · {hidden.size} hidden</span>}
      </summary>
      <ul>
        {[...pinned, ...others].map((lane) => {
          const name = run.model.lanes[lane]?.name ?? '';
          const isPinned = pinned.includes(lane);
          const isShown = !hidden.has(lane);
          const without = pinned.filter((one) => one !== lane);
          const hide = isShown ? [...hidden, lane] : [...hidden].filter((one) => one !== lane);
          return (
            <li key={lane}>
              <label class={`tone${lane % 8}`}>
                <input type="checkbox" checked={isShown} onChange={() => go({ hide })} /> {name}
              </label>
              <button
                type="button"
                class="pin"
                aria-pressed={isPinned}
                aria-label={`Pin ${name}`}
                title={isPinned ? 'back to its place' : 'to the left of all others'}
                onClick={() => go({ pin: isPinned ? without : [...pinned, lane] })}
              >
                {isPinned ? '★' : '☆'}
              </button>
              <button
                type="button"
                class="pin"
                aria-label={`First: ${name}`}
                title="to the very left"
                onClick={() => go({ pin: [lane, ...without] })}
              >
                ⇤
              </button>
            </li>
          );
        })}
        {processesOf(run).map(([pid, name, tasks]) => (
          <li key={`p${pid}`}>
            <label>
              <input
                type="checkbox"
                checked={fold.includes(pid)}
                onChange={() =>
                  go({
                    fold: fold.includes(pid) ? fold.filter((one) => one !== pid) : [...fold, pid],
                  })
                }
              />{' '}
              {name}: its {tasks} tasks in one lane
            </label>
          </li>
        ))}
        <li>
          <button type="button" class="reset" onClick={() => go({ hide: [], pin: [], fold: [] })}>
            as they were
          </button>
        </li>
      </ul>
    </details>
  );
}

/** Those of several tasks, with how many. */
function processesOf(run: Run): [pid: number, name: string, tasks: number][] {
  const { lanes } = run.model;
  return [...new Set(lanes.map(({ pid }) => pid))].flatMap((pid) => {
    const own = lanes.filter((lane) => lane.pid === pid);
    return own.length > 1 ? [[pid, own[0]?.process ?? '', own.length]] : [];
  });
}
