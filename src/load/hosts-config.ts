import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type HostPlan, type HostsConfig, readHostsConfig } from '../node/hosts.ts';
import { withFile } from '../node/hosts-services.ts';
import { UsageError } from '../sys/errors.ts';
import { thrownText } from '../sys/thrown.ts';
import { prepareImports } from './scenarios.ts';

/** Looked for in this order, in the current folder. */
const NAMES = ['ts', 'mts', 'js', 'mjs', 'json'].map((suffix) => `heddle.config.${suffix}`);

/** The configuration file of the current folder, if there is one. */
export function findHostsConfig(): string | undefined {
  return NAMES.find((name) => existsSync(name));
}

/**
 * The programs that a configuration file wants to be run: its default export, or the whole of a
 * `.json` file. Its paths count from its own folder.
 *
 * @throws UsageError if it cannot be loaded, or says something that it cannot say
 */
export async function loadHostsConfig(path: string): Promise<HostsConfig> {
  const config = readHostsConfig(await contentOf(path), path);
  return { ...config, hosts: config.hosts.map((host) => fromHere(host, dirname(path))) };
}

async function contentOf(path: string): Promise<unknown> {
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  try {
    if (path.endsWith('.json')) return JSON.parse(readFileSync(path, 'utf8'));
    await prepareImports();
    const { default: content } = await import(pathToFileURL(resolve(path)).href);
    // What require gives is in the default of a default.
    return (content as { default?: HostsConfig } | undefined)?.default ?? content;
  } catch (error) {
    throw new UsageError(`${path} could not be loaded: ${thrownText(error)}`, { cause: error });
  }
}

/** Relative to the current folder, as everything is that is saved. */
function fromHere(host: HostPlan, folder: string): HostPlan {
  const here = (path: string): string => relative('.', join(folder, path)) || '.';
  const { program, cwd } = host;
  return {
    ...host,
    program: withFile(program, here),
    ...(cwd === undefined ? {} : { cwd: here(cwd) }),
  };
}
