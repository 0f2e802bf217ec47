import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSync } from 'rolldown/utils';
import { Api, type Declared } from './api-model.ts';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // biome-ignore lint/suspicious/noExplicitAny: nodes of many kinds, of which few fields are read
  readonly [field: string]: any;
}

/**
 * Of the files in `dist`, keep the declarations that the entries' exports are made of: a file that
 * has one of them has many that nobody can reach.
 */
export function keepDeclarationsOf(dist: string, entries: readonly string[]): void {
  const api = new Api(dist);
  const exported = entries.flatMap((entry) => [...api.exportsOf(entry).values()]);
  const needed = new Set([...exported, ...api.mentionedBy(exported)]);
  const told = new Set(exported);
  // A set that is gone through while it grows: members have the comments of what they implement.
  for (const each of told) for (const above of aboveOf(each, api)) told.add(above);
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue;
    const module = relative('.', file)
      .replaceAll('\\', '/')
      .replace(/\.d\.ts$/, '');
    const path = join(dist, file);
    if (!entries.includes(module)) writeFileSync(path, kept(path, module, api, { needed, told }));
  }
}

/** What a declaration extends and implements. */
function aboveOf({ module, text }: Declared, api: Api): Declared[] {
  const names = [...text.matchAll(/\b(?:extends|implements)\s+([^{]+)\{/g)].flatMap(
    ([, list = '']) => list.match(/\w+/g) ?? [],
  );
  return names.flatMap((name) => api.declared(module, name) ?? []);
}

interface Kept {
  readonly needed: ReadonlySet<Declared>;
  /** Of those the ones that have names for users: the others need no comments. */
  readonly told: ReadonlySet<Declared>;
}

/** The text of a module without what is not needed. */
function kept(path: string, module: string, api: Api, { needed, told }: Kept): string {
  const source = readFileSync(path, 'utf8');
  const { program, comments } = parseSync(path, source, { lang: 'dts' });
  const body = program.body as unknown as Node[];
  const isNeeded = (name: string): boolean => {
    const declared = api.declared(module, name);
    return declared !== undefined && needed.has(declared);
  };
  const isTold = (name: string): boolean => told.has(api.declared(module, name) as Declared);
  const own = body.filter((each) => namesOf(each).some(isNeeded));
  const texts = own.map((each) => source.slice(each.start, each.end));
  const parts: string[] = [];
  for (const each of body) {
    const text = source.slice(each.start, each.end);
    if (each.type === 'ImportDeclaration') {
      const used = (each['specifiers'] as Node[]).filter(({ local }) =>
        texts.some((other) => new RegExp(`\\b${local.name}\\b`).test(other)),
      );
      if (used.length > 0) parts.push(importText(source, each, used));
    } else if (each.type === 'ExportNamedDeclaration' && each['source'] !== null) {
      const used = (each['specifiers'] as Node[]).filter(({ exported }) => isNeeded(exported.name));
      if (used.length > 0) parts.push(exportText(source, each, used));
    } else if (own.includes(each)) {
      if (!namesOf(each).some(isTold)) {
        parts.push(withoutComments(source, each, comments as unknown as Node[]));
        continue;
      }
      const before = comments.findLast(({ end }) => end <= each.start);
      const isIts = before !== undefined && source.slice(before.end, each.start).trim() === '';
      parts.push(isIts ? `${source.slice(before.start, before.end)}\n${text}` : text);
    } else if (namesOf(each).length === 0) parts.push(text);
  }
  return `${parts.join('\n')}\nexport {};\n`;
}

function withoutComments(source: string, { start, end }: Node, comments: readonly Node[]): string {
  let [text, at] = ['', start];
  for (const comment of comments) {
    if (comment.start < start || comment.end > end) continue;
    text += source.slice(at, comment.start);
    at = comment.end;
  }
  return `${text}${source.slice(at, end)}`.replaceAll(/\n\s*\n/g, '\n');
}

/** What a statement declares. */
function namesOf(statement: Node): string[] {
  const node = (statement['declaration'] as Node | null | undefined) ?? statement;
  if (node.type === 'VariableDeclaration') {
    return node['declarations'].map((each: Node) => each['id'].name);
  }
  return typeof node['id']?.name === 'string' ? [node['id'].name] : [];
}

const specifiersText = (source: string, used: readonly Node[]): string =>
  `{ ${used.map(({ start, end }) => source.slice(start, end)).join(', ')} }`;

function importText(source: string, { importKind, ...each }: Node, used: readonly Node[]): string {
  const from = source.slice(each['source'].start, each['source'].end);
  const isNamed = used.every(({ type }) => type === 'ImportSpecifier');
  if (!isNamed) return source.slice(each.start, each.end);
  const type = importKind === 'type' ? 'type ' : '';
  return `import ${type}${specifiersText(source, used)} from ${from};`;
}

function exportText(source: string, { exportKind, ...each }: Node, used: readonly Node[]): string {
  const from = source.slice(each['source'].start, each['source'].end);
  const type = exportKind === 'type' ? 'type ' : '';
  return `export ${type}${specifiersText(source, used)} from ${from};`;
}
