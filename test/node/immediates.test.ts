import { describe, expect, it } from 'vitest';
import { Both } from './both.ts';

const both = new Both();
const LAST = `let ran = ''; process.on('exit', () => console.log(ran));`;

/** Immediates that keep nobody waiting, alone and beside what does. */
const PROGRAMS = {
  alone: `setImmediate(() => { ran += 'a'; }).unref();`,
  'after one that is waited for': `setImmediate(() => { ran += 'a'; setImmediate(() => { ran += 'b'; }).unref(); });`,
  'beside one': `setImmediate(() => { ran += 'a'; }); setImmediate(() => { ran += 'b'; }).unref();`,
  'after a timer': `setTimeout(() => setImmediate(() => { ran += 'a'; }).unref(), 5);`,
  'of a server that is unreferenced': `require('node:net').createServer().listen(0).unref(); setTimeout(() => setImmediate(() => { ran += 'a'; }).unref(), 5);`,
};

describe('immediates that are unreferenced', () => {
  it.each(Object.entries(PROGRAMS))('run when Node runs them: %s', (_, text) => {
    const path = both.file(`${LAST}\n${text}`);
    expect(both.simulated(path)).toEqual(both.real(path));
  });
});
