import type { JSX } from 'preact';
import { render } from 'preact';
import { useMemo } from 'preact/hooks';
import type { PageData } from '../../src/sim/trace/page.ts';
import { Compare } from './compare.tsx';
import { usePlace } from './place.ts';
import { Run } from './run.ts';
import { RunView } from './run-view.tsx';
import './style.css';
import { useTheme } from './theme.ts';

function App({ data }: { data: PageData }): JSX.Element {
  const runs = useMemo(() => data.runs.map((page) => new Run(page)), [data]);
  const [place, go] = usePlace(runs.length);
  const [theme, nextTheme] = useTheme();
  const shown = place.run === undefined ? undefined : runs[place.run];
  const common = { data, place, go, theme, onTheme: nextTheme };
  if (shown === undefined) return <Compare runs={runs} {...common} />;
  return <RunView run={shown} {...common} />;
}

const root = document.getElementById('app') as HTMLElement;
const text = document.getElementById('data')?.textContent ?? '';
if (text.trim() === '') {
  root.textContent = 'This is the viewer without a run: heddle view writes pages that have one.';
} else {
  const data = JSON.parse(text) as PageData;
  document.title = `${data.runs.map(({ title }) => title).join(', ')} · heddle`;
  render(<App data={data} />, root);
}
