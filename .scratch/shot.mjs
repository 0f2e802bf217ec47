import { chromium } from 'playwright-core';
const [,, file, hash = '', out = '/tmp/shot.png', dark = '', w='1440', h='900'] = process.argv;
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] });
const p = await b.newPage({ viewport: { width: Number(w), height: Number(h) }, colorScheme: dark === 'dark' ? 'dark' : 'light' });
p.on('console', (m) => console.log(m.type(), m.text())); p.on('pageerror', (e) => console.log('ERR', e.message));
await p.goto('file://' + file + hash); await p.waitForTimeout(400);
await p.screenshot({ path: out, fullPage: process.argv[8] === 'full' }); await b.close();
