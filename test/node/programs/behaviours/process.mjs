// What a program learns of its process, and how it hears of what happens to it.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const code = (ask) => {
  try {
    return ask();
  } catch (error) {
    return [error.code, error.message];
  }
};

export const TABLE = {
  'process: what it is': () => [
    process.title === 'node',
    process.release.name,
    process.version === `v${process.versions.node}`,
    process.arch,
    process.platform,
    path.basename(process.argv[1]),
    process.argv.length,
    process.exitCode === undefined,
  ],
  'process: its clock goes on': async () => {
    const [before, began] = [process.uptime(), process.hrtime.bigint()];
    await sleep(20);
    const took = Number(process.hrtime.bigint() - began) / 1e6;
    const [seconds, nanoseconds] = process.hrtime();
    return [process.uptime() > before, took >= 18, seconds >= 0, nanoseconds < 1e9];
  },
  'process: a difference of hrtime': async () => {
    const began = process.hrtime();
    await sleep(10);
    const [seconds, nanoseconds] = process.hrtime(began);
    return [seconds, nanoseconds > 8e6];
  },
  'process: its working directory': () => {
    const before = process.cwd();
    process.chdir('/');
    const there = [
      process.cwd(),
      path.resolve('a'),
      fs.existsSync('tmp'),
      fs.readdirSync('.').includes('tmp'),
    ];
    process.chdir(before);
    return [there, process.cwd() === before];
  },
  'process: a folder that is not there': () => code(() => process.chdir('no-such-folder'))[0],
  'process: a warning': async () => {
    const heard = new Promise((resolve) => process.once('warning', resolve));
    process.emitWarning('beware', { type: 'Custom', code: 'C1' });
    const { name, message, code: its } = await heard;
    return [name, message, its];
  },
  'process: ticks and their arguments': () =>
    new Promise((resolve) => process.nextTick((...given) => resolve(given), 1, 'two')),
  'process: what is no callback': () => code(() => process.nextTick(1)),
  'process: a wrong exit code': () => {
    const failed = code(() => {
      process.exitCode = 'x';
    });
    process.exitCode = undefined;
    return Array.isArray(failed) ? failed[0] : failed;
  },
  'process: variables are texts': () => {
    process.env.HEDDLE_ROW = 1;
    const saw = [process.env.HEDDLE_ROW, 'HEDDLE_ROW' in process.env];
    delete process.env.HEDDLE_ROW;
    return [...saw, process.env.HEDDLE_ROW === undefined];
  },
  'process: writes to stdout end in their order': async () => {
    const seen = [];
    await Promise.all(
      [1, 2].map(
        (n) => new Promise((resolve) => process.stdout.write('', () => resolve(seen.push(n)))),
      ),
    );
    return seen;
  },
  'process: a rejection that is handled late': async () => {
    const heard = [];
    const unhandled = (reason) => heard.push(`unhandled ${reason.message}`);
    const handled = () => heard.push('handled');
    process.on('unhandledRejection', unhandled);
    process.on('rejectionHandled', handled);
    const rejected = Promise.reject(new Error('late'));
    await sleep(5);
    rejected.catch(() => {});
    await sleep(5);
    process.off('unhandledRejection', unhandled);
    process.off('rejectionHandled', handled);
    return heard;
  },
  'process: what it uses': () => [
    process.memoryUsage().rss > 0,
    process.cpuUsage().user > 0,
    typeof process.resourceUsage().maxRSS,
    process.availableMemory === undefined || process.availableMemory() > 0,
  ],
  'process: umask': () => process.umask(),
};
