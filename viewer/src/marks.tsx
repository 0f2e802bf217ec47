/** Shapes that mean something; their colours say the same once more. */
import type { JSX } from 'preact';

export type Shape = 'call' | 'sleep' | 'arrival' | 'needed' | 'free' | 'failure';

/** Drawn around (x, y). */
export function Mark({
  shape,
  x,
  y,
  tone,
}: {
  shape: Shape;
  x: number;
  y: number;
  tone?: string;
}): JSX.Element {
  const at = `translate(${x} ${y})`;
  switch (shape) {
    case 'call':
      return <circle class={`mark call ${tone ?? ''}`} cx={x} cy={y} r={5} />;
    case 'sleep':
      return <circle class={`mark sleep ${tone ?? ''}`} cx={x} cy={y} r={4.5} />;
    case 'arrival':
      return <path class={`mark arrival ${tone ?? ''}`} transform={at} d="M-5.5 -4h11L0 5.5z" />;
    case 'needed':
      return <path class={`mark needed ${tone ?? ''}`} transform={at} d="M0 -7L7 0L0 7L-7 0z" />;
    case 'free':
      return (
        <path class={`mark free ${tone ?? ''}`} transform={at} d="M0 -6.5L6.5 0L0 6.5L-6.5 0z" />
      );
    case 'failure':
      return (
        <g class="mark failure" transform={at}>
          <circle r={9} />
          <path d="M-4 -4L4 4M4 -4L-4 4" />
        </g>
      );
  }
}

/** The same as a letter, for lines of text. */
export const GLYPH: Readonly<Record<string, string>> = { failure: '✗', needed: '◆', free: '◇' };
export const GLYPH_TEXT: Readonly<Record<string, string>> = {
  failure: 'the failure showed here',
  needed: 'a decision that was not calm; the failure needs it',
  free: 'a decision that was not calm; the run fails without it too',
};
