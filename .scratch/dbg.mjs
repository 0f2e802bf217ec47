import { chromium } from 'playwright-core';
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox','--disable-gpu'] });
const p = await b.newPage({ viewport: { width: 1440, height: 900 } });
await p.goto('file://' + process.argv[2]); await p.waitForTimeout(400);
console.log(await p.evaluate(() => [...document.querySelectorAll('.arrow')].map((a) => a.outerHTML).slice(0, 20).join('\n')));
await b.close();
