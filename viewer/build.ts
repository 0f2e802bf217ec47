/**
 * The viewer as one HTML file that asks no network for anything: vite builds it, and what it has
 * built is put in place.
 */
import { createHash } from 'node:crypto';
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
  const allowed = { style: '', script: '' };
  for (const file of output) {
    if (file === page) continue;
    const isStyle = file.type === 'asset' && file.fileName.endsWith('.css');
    const tag = isStyle ? linkTo(file.fileName) : scriptFrom(file.fileName);
    if (!tag.test(html))
      throw new Error(`${file.fileName} is part of the viewer and not in its page`);
    const content = file.type === 'asset' ? String(file.source) : file.code;
    if (isStyle) {
      html = html.replace(tag, () => `<style>${content}</style>`);
      allowed.style += ` ${hashOf(content)}`;
    } else {
      // It stood in the head and waited for the page; now it stands behind it.
      const code = content.replaceAll('</script', '<\\/script');
      html = html.replace(tag, '');
      html = html.replace('</body>', () => `<script type="module">${code}</script>\n  </body>`);
      allowed.script += ` ${hashOf(code)}`;
    }
  }
  return html.replace(
    '<meta charset="utf-8" />',
    (charset) => `${charset}\n    ${policy(allowed)}`,
  );
}

/**
 * The page runs and shows what was built and nothing else: text of a run that became markup would
 * still do nothing, and nothing is asked of any network.
 */
function policy({ style, script }: { style: string; script: string }): string {
  const rules = [
    "default-src 'none'",
    `script-src${script}`,
    `style-src${style}`,
    // The icon: an empty one.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${rules.join('; ')}" />`;
}

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const quoted = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const scriptFrom = (name: string): RegExp =>
  new RegExp(`<script[^>]*src="[^"]*${quoted(name)}"[^>]*></script>`);
const linkTo = (name: string): RegExp => new RegExp(`<link[^>]*href="[^"]*${quoted(name)}"[^>]*>`);
