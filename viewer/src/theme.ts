/** Light or dark: as the system has it, until somebody says otherwise. */
import { useLayoutEffect, useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' };

/**
 * The theme, and how to go on to the next. It is kept where the browser lets a file keep anything.
 */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(kept);
  useLayoutEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem('heddle-theme', theme);
    } catch {
      // Some browsers keep nothing for files.
    }
  }, [theme]);
  return [theme, () => setTheme((before) => NEXT[before])];
}

function kept(): Theme {
  try {
    const theme = localStorage.getItem('heddle-theme');
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}
