// Places in files are told alike on POSIX and on Windows, whichever of them this machine is.

import { describe, expect, it } from 'vitest';
import {
  fileUrlOf,
  placeOfFrame,
  relativePlace,
  slashedPath,
} from '../../src/sim/schedule/places.ts';

describe('a path', () => {
  it.each([
    ['/home/me/a b.ts', '/home/me/a b.ts'],
    ['/home/me/back\\slash.ts', '/home/me/back\\slash.ts'],
    ['file:///home/me/a%20b.ts', '/home/me/a b.ts'],
    ['file:///home/100%.ts', '/home/100%.ts'],
    ['C:\\Users\\me\\a b.ts', 'C:/Users/me/a b.ts'],
    ['c:\\Users\\me\\a.ts', 'C:/Users/me/a.ts'],
    ['C:/Users/me/a.ts', 'C:/Users/me/a.ts'],
    ['file:///c:/Users/me/a%20b.ts', 'C:/Users/me/a b.ts'],
    ['file:///C:/Users/me/a.ts', 'C:/Users/me/a.ts'],
    ['\\\\server\\share\\a.ts', '//server/share/a.ts'],
    ['file://server/share/a.ts', '//server/share/a.ts'],
    ['node:fs', 'node:fs'],
  ])('%s is %s', (place, path) => {
    expect(slashedPath(place)).toBe(path);
  });
});

describe('a file URL', () => {
  it.each([
    ['/home/me/a b#1.ts', 'file:///home/me/a%20b%231.ts'],
    ['C:\\Users\\me\\a b.ts', 'file:///C:/Users/me/a%20b.ts'],
    ['\\\\server\\share\\a.ts', 'file://server/share/a.ts'],
  ])('of %s is %s', (path, url) => {
    expect(fileUrlOf(path)).toBe(url);
    expect(new URL(url).href).toBe(url);
    expect(slashedPath(url)).toBe(slashedPath(path));
  });
});

describe('the place of a frame', () => {
  it.each([
    ['    at serve (/home/me/a folder/server.ts:22:11)', '/home/me/a folder/server.ts:22:11'],
    ['    at file:///home/me/server.ts:22:11', '/home/me/server.ts:22:11'],
    ['    at async serve (file:///home/me/a%20b.ts:2:1)', '/home/me/a b.ts:2:1'],
    ['    at serve (C:\\Users\\me\\server.ts:22:11)', 'C:/Users/me/server.ts:22:11'],
    ['    at async C:\\Users\\me\\server.ts:22:11', 'C:/Users/me/server.ts:22:11'],
    ['    at serve (file:///C:/Users/me/a%20b.ts:2:1)', 'C:/Users/me/a b.ts:2:1'],
    ['    at serve (\\\\server\\share\\a.ts:2:1)', '//server/share/a.ts:2:1'],
  ])('%s is %s', (line, place) => {
    expect(placeOfFrame(line)).toBe(place);
  });

  it.each([
    '    at node:internal/main:1:1',
    '    at new Promise (<anonymous>)',
    '    at eval (eval at run (/home/me/a.ts:1:1), <anonymous>:1:1)',
    'Error: C:\\Users\\me\\server.ts:22:11',
  ])('there is none in %s', (line) => {
    expect(placeOfFrame(line)).toBeUndefined();
  });
});

describe('the way to a file', () => {
  it.each([
    ['/home/me/shop', '/home/me/shop/src/a.ts:1:2', 'src/a.ts:1:2'],
    ['/home/me/shop', '/home/me/lib/a.ts', '../lib/a.ts'],
    ['/', '/a.ts', 'a.ts'],
    ['C:\\Users\\me\\shop', 'C:/Users/me/shop/src/a.ts:1:2', 'src/a.ts:1:2'],
    ['c:\\Users\\me\\shop', 'file:///C:/Users/me/lib/a.ts', '../lib/a.ts'],
    ['C:\\', 'C:\\a.ts', 'a.ts'],
    ['C:\\Users\\me', 'D:\\lib\\a.ts', 'D:/lib/a.ts'],
    ['\\\\server\\share\\shop', '\\\\server\\share\\lib\\a.ts', '../lib/a.ts'],
    ['\\\\server\\share', '\\\\other\\share\\a.ts', '//other/share/a.ts'],
    ['C:\\Users', '/home/a.ts', '/home/a.ts'],
  ])('from %s to %s is %s', (folder, file, way) => {
    expect(relativePlace(folder, file)).toBe(way);
  });
});
