/** What may be done next: commands, each with a button that copies it. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';

export interface FooterProps {
  readonly next: readonly (readonly [label: string, command: string])[];
  readonly digest?: string;
}

export function Footer({ next, digest }: FooterProps): JSX.Element {
  return (
    <footer>
      {next.map(([label, command]) => (
        <span key={label}>
          {label} <Command text={command} />
        </span>
      ))}
      {digest === undefined ? null : (
        <span>
          digest <code>{digest}</code>
        </span>
      )}
    </footer>
  );
}

/** A command to be pasted into a terminal. */
export function Command({ text }: { text: string }): JSX.Element {
  const code = useRef<HTMLElement>(null);
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('copied');
    } catch {
      // Some browsers keep the clipboard from files: then it is marked, and one key copies it.
      getSelection()?.selectAllChildren(code.current as HTMLElement);
      setSaid('selected; copy it with Ctrl+C');
    }
  };
  return (
    <span class="command">
      <code ref={code}>{text}</code>
      <button
        type="button"
        class="copy"
        aria-label={`Copy ${text}`}
        onClick={() => void copy()}
        onBlur={() => setSaid('')}
      >
        copy
      </button>
      <output>{said}</output>
    </span>
  );
}
