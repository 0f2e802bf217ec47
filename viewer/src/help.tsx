import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Mark, type Shape } from './marks.tsx';

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['← → or k j', 'the previous step, the next'],
  ['Home, End', 'the first step, the last'],
  ['[ ]', 'the previous decision, the next (◆ ◇)'],
  ['f', 'where the failure showed (✗)'],
  ['p n', 'the previous step of the same task, the next'],
  ['c', 'only what led to this step, and back to all'],
  ['{ }', 'only from this step on, only up to it; or drag over the strip above'],
  ['d', 'the nearest run that passes, beside this one'],
  ['/', 'search; Enter and Shift+Enter go through what was found'],
  ['t', 'light, dark, or as the system is set'],
  ['Esc', 'leave the search, this help, the causes'],
  ['?', 'this help'],
];

const SHAPES: readonly (readonly [shape: Shape, what: string])[] = [
  ['call', 'a syscall that came back'],
  ['sleep', 'a syscall that fell asleep'],
  ['arrival', 'something arrives from the network'],
  ['needed', 'a decision that was not calm'],
  ['free', 'the same, but the run fails without it too'],
  ['failure', 'the failure shows'],
];

const LINES: readonly (readonly [kind: string, what: string])[] = [
  ['message', 'a message: from who sends it to where it arrives'],
  ['wake', 'a wake-up: that task may move again'],
  ['ready', 'an arrival that select, poll or epoll_wait tells of'],
  ['memory', 'a value or a lock that came from another task'],
];

export function Help({ onClose }: { onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">How to read this</h2>
      <p>
        Time runs down. Each column is a task; each row is a step: one syscall of one task, or one
        thing that the network does. A solid line is a task that may move, a dashed one sleeps in a
        syscall.
      </p>
      <div class="help-columns">
        <section>
          <h3>Shapes</h3>
          <ul class="legend">
            {SHAPES.map(([shape, what]) => (
              <li key={shape}>
                <svg width="24" height="24" aria-hidden="true">
                  <Mark shape={shape} x={12} y={12} tone="tone0" />
                </svg>
                {what}
              </li>
            ))}
          </ul>
          <h3>Lines</h3>
          <ul class="legend">
            {LINES.map(([kind, what]) => (
              <li key={kind}>
                <svg width="34" height="14" aria-hidden="true">
                  <path class={`arrow ${kind}`} d="M2 7H32" />
                </svg>
                {what}
              </li>
            ))}
          </ul>
        </section>
        <section>
          <h3>Keys</h3>
          <dl class="keys">
            {KEYS.map(([keys, what]) => (
              <div key={keys}>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <h3>Search</h3>
          <p>
            Words, and <code>task:handler</code> <code>call:recv</code> <code>fd:7</code>{' '}
            <code>errno:*</code> <code>is:decision</code> <code>is:sleep</code>{' '}
            <code>is:arrival</code> <code>after:12</code> <code>before:40</code>{' '}
            <code>before:5ms</code>, <code>after:listen</code> for what came before it,{' '}
            <code>from:client</code> <code>to:server</code> for messages; a minus before a word
            excludes what it finds.
          </p>
        </section>
      </div>
      <form method="dialog">
        <button type="submit" class="primary">
          Close
        </button>
      </form>
    </dialog>
  );
}
