/** What every page can be asked for: another theme, and help. */
import type { JSX } from 'preact';

export interface PageToolsProps {
  readonly theme: string;
  readonly onTheme: () => void;
  readonly onHelp: () => void;
}

export function PageTools({ theme, onTheme, onHelp }: PageToolsProps): JSX.Element {
  return (
    <>
      <button
        type="button"
        class="icon"
        title={`theme: ${theme} (t)`}
        aria-label={`Theme: ${theme}`}
        onClick={onTheme}
      >
        {theme === 'dark' ? '☾' : theme === 'light' ? '☀' : '◐'}
      </button>
      <button type="button" class="icon" title="help (?)" aria-label="Help" onClick={onHelp}>
        ?
      </button>
    </>
  );
}
