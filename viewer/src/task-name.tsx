import type { CSSProperties, JSX } from 'preact';

interface TaskNameProps {
  readonly name: string;
  readonly class?: string;
  readonly style?: CSSProperties;
}

/** A task's name; where there is no room for all of it, its number stays. */
export function TaskName({ name, class: classes = '', style }: TaskNameProps): JSX.Element {
  const [, base = name, number = ''] = /^(.*?)(#\d+)$/.exec(name) ?? [];
  return (
    <span class={`task-name ${classes}`} style={style} title={name}>
      <span>{base}</span>
      {number === '' ? null : <span>{number}</span>}
    </span>
  );
}
