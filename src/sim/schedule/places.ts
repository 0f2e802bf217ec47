/**
 * Places in files, as engines name them in stacks: a path of POSIX or of Windows, or a file URL of
 * either. Whatever the machine, they are told with `/`: a failure file is read on another one too.
 */

/** `C:\` or `C:/`, or a share of another machine. */
const OF_WINDOWS = /^(?:[A-Za-z]:[\\/]|\\\\)/;

/** A path, or that of a file URL, with `/`: `/home/me/a.ts`, `C:/a.ts`, `//server/share/a.ts`. */
export function slashedPath(place: string): string {
  if (OF_WINDOWS.test(place)) return withDrive(place.replaceAll('\\', '/'));
  if (!/^file:\/\//i.test(place)) return place;
  const path = decoded(place.slice('file://'.length));
  // `file:///C:/a.ts` has an empty host, `file://server/share/a.ts` another machine.
  if (/^\/[A-Za-z]:[\\/]/.test(path)) return withDrive(path.slice(1).replaceAll('\\', '/'));
  return path.startsWith('/') ? path : `//${path}`;
}

/** One drive has one name: terminals differ in its case. */
function withDrive(path: string): string {
  return path.replace(/^[a-z]:/, (drive) => drive.toUpperCase());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The file URL of an absolute path, of either system. */
export function fileUrlOf(path: string): string {
  const whole = slashedPath(path);
  const encoded = encodeURI(whole).replace(/[?#]/g, encodeURIComponent);
  if (whole.startsWith('//')) return `file:${encoded}`;
  return whole.startsWith('/') ? `file://${encoded}` : `file:///${encoded}`;
}

/**
 * `/home/me/a folder/server.ts:22:11` of a frame of a stack; undefined where there is none, as in a
 * frame of the runtime's own.
 */
export function placeOfFrame(line: string): string | undefined {
  const match = /^\s*at (?:.*?\((.+:\d+:\d+)\)|(?:async )?(.+:\d+:\d+))$/.exec(line);
  const place = match?.[1] ?? match?.[2];
  if (place === undefined || !(/^(?:file:\/\/|\/)/i.test(place) || OF_WINDOWS.test(place))) {
    return undefined;
  }
  return slashedPath(place);
}

/**
 * The way from a folder to a file, both absolute, with `/`; the file itself where there is none, as
 * from one drive to another.
 */
export function relativePlace(folder: string, file: string): string {
  const [start, end] = [rootOf(slashedPath(folder)), rootOf(slashedPath(file))];
  if (start.root !== end.root) return slashedPath(file);
  const [from, to] = [start.names, end.names];
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared++;
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)].join('/');
}

/** A drive, a share, or the one root of POSIX; and the names below it. */
function rootOf(path: string): { readonly root: string; readonly names: readonly string[] } {
  const root = /^(?:[A-Za-z]:|\/\/[^/]+\/[^/]+)(?=\/|$)/.exec(path)?.[0] ?? '';
  const names = path.slice(root.length).split('/');
  return { root, names: names.filter((name) => name !== '') };
}
