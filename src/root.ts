/**
 * Where heddle's own files lie: the folder of its sources, or of what is built of them. Modules
 * find files by this alone: where a module itself lies is for the build to say.
 */
export const ROOT: URL = new URL('.', import.meta.url);

/** Whether this is heddle from its sources. */
export const FROM_SOURCE: boolean = import.meta.url.endsWith('.ts');

/** The script that the module `entry` is, for a process of its own: `cli/worker`. */
export function ownScript(entry: string): URL {
  return new URL(`${entry}.${FROM_SOURCE ? 'ts' : 'js'}`, ROOT);
}
