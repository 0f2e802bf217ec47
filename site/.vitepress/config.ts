import { type DefaultTheme, defineConfig } from 'vitepress';
import { API, NAV, type NavPage } from '../nav.ts';

const item = ({ path, title }: NavPage): DefaultTheme.SidebarItem => ({
  text: title,
  link: `/${path.replace(/(^|\/)index$/, '$1')}`,
});

const sidebar: DefaultTheme.SidebarItem[] = [...NAV, { title: 'API', pages: API }].map(
  ({ title, pages }) => ({ text: title, items: pages.map(item) }),
);

/** A folder to be served from anywhere: it asks no other host for anything. */
export default defineConfig({
  title: 'heddle',
  description:
    'heddle finds the order of events that breaks your server, and hands it to you as a test.',
  lang: 'en',
  srcDir: '.pages',
  outDir: 'dist',
  cacheDir: '.cache',
  base: process.env['HEDDLE_SITE_BASE'] ?? '/',
  lastUpdated: false,
  // Where a page names a file of the repository, the site has that file (see assemble.ts).
  ignoreDeadLinks: false,
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        // Files of the repository are shown, and not searched.
        _render: (text, env, md) =>
          env.relativePath.startsWith('source/') ? '' : md.render(text, env),
        // A guide is sooner what was meant than the reference.
        miniSearch: {
          searchOptions: { boostDocument: (id: string) => (id.includes('/api/') ? 0.01 : 1) },
        },
      },
    },
    sidebar,
    nav: [
      { text: 'Start', link: '/start/tcp-server' },
      { text: 'Guides', link: '/realm' },
      { text: 'Reference', link: '/linux' },
      { text: 'API', link: '/api/' },
    ],
    outline: { level: [2, 3] },
    externalLinkIcon: true,
  },
});
