/**
 * The viewer as one HTML file that asks no network for anything: vite builds it, and what it has
 * built is put in place.
 */
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';

/** Gives the page, with an empty place for the data of a run. */
export async function buildViewer(): Promise<string> {
  const result = (await build({
    root: import.meta.dirname,
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      cssCodeSplit: false,
      // Whatever is not code is inlined.
      assetsInlineLimit: Number.POSITIVE_INFINITY,
      rolldownOptions: { input: join(import.meta.dirname, 'index.html') },
    },
  })) as Rolldown.RolldownOutput;
  return inlined(result.output);
}

type Output = Rolldown.RolldownOutput['output'];

function inlined(output: Output): string {
  const page = output.find(({ fileName }) => fileName === 'index.html');
  if (page?.type !== 'asset') throw new Error('vite has built no index.html');
  let html = String(page.source);
  for (const file of output) {
    if (file === page) continue;
    const isStyle = file.type === 'asset' && file.fileName.endsWith('.css');
    const tag = isStyle ? linkTo(file.fileName) : scriptFrom(file.fileName);
    if (!tag.test(html))
      throw new Error(`${file.fileName} is part of the viewer and not in its page`);
    const content = file.type === 'asset' ? String(file.source) : file.code;
    if (isStyle) html = html.replace(tag, () => `<style>${content}</style>`);
    else {
      // It stood in the head and waited for the page; now it stands behind it.
      const code = content.replaceAll('</script', '<\\/script');
      html = html.replace(tag, '');
      html = html.replace('</body>', () => `<script type="module">${code}</script>\n  </body>`);
    }
  }
  return html;
}

const quoted = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const scriptFrom = (name: string): RegExp =>
  new RegExp(`<script[^>]*src="[^"]*${quoted(name)}"[^>]*></script>`);
const linkTo = (name: string): RegExp => new RegExp(`<link[^>]*href="[^"]*${quoted(name)}"[^>]*>`);
