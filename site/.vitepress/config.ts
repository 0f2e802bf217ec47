import { type DefaultTheme, defineConfig } from 'vitepress';
import { NAV } from '../nav.ts';

const sidebar: DefaultTheme.SidebarItem[] = [
  ...NAV.map(({ title, pages }) => ({
    text: title,
    items: pages.map((page) => ({ text: page.title, link: `/${page.path}` })),
  })),
  { text: 'API', items: [{ text: 'All exports', link: '/api/' }] },
];

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
    search: { provider: 'local' },
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
