import type { Api, Declared, Member } from './api-model.ts';

/** A place, and what is missing there. */
export type Missing = `${string}: ${string}`;

/** Errors have this from `Error`. */
const OF_ERRORS = new Set(['name', 'message']);
/** Text helpers and assertions, which say all in their types. */
const NEEDS_NO_EXAMPLE = /^(?:assert|unreachable|[a-zA-Z]*Text|errno[A-Z]\w+)$/;

/** What the exports of a module lack: see CONTRIBUTING.md, "An export". */
export function missingIn(api: Api, module: string): Missing[] {
  return [...api.exportsOf(module)].flatMap(([name, declared]) => [
    ...ofDeclaration(name, declared),
    ...ofMembers(api, name, declared),
  ]);
}

function ofDeclaration(name: string, { comment, kind }: Declared): Missing[] {
  const missing: Missing[] = [];
  if (proseOf(comment) === '') missing.push(`${name}: what it is`);
  if (!/@since \d+\.\d+\.\d+/.test(comment)) missing.push(`${name}: @since`);
  if (kind === 'function' && !NEEDS_NO_EXAMPLE.test(name) && !comment.includes('```')) {
    missing.push(`${name}: an example`);
  }
  return missing;
}

function ofMembers(api: Api, name: string, declared: Declared): Missing[] {
  const missing: Missing[] = [];
  const told = new Set<string>();
  const isError = / extends \w*(?:Error|Failure)\b/.test(declared.text);
  for (const member of declared.members) {
    const { name: its, comment } = member;
    const isTold = proseOf(comment) !== '' || told.has(its) || isInherited(api, declared, member);
    told.add(its);
    if (!isTold && !(isError && OF_ERRORS.has(its))) missing.push(`${name}.${its}: what it is`);
    const isOption = /Options$|^Duration$|Flags$|Sets$/.test(name) && member.isOptional;
    if (isOption && !/default/i.test(comment)) missing.push(`${name}.${its}: its default`);
  }
  return missing;
}

/** Whether an interface that the class implements says it. */
function isInherited(api: Api, declared: Declared, { name }: Member): boolean {
  if (declared.kind !== 'class') return false;
  return api
    .mentionedBy([declared])
    .some(
      (base) =>
        declared.text.includes(base.name) &&
        base.members.some((member) => member.name === name && proseOf(member.comment) !== ''),
    );
}

/** A comment without its tags and its examples. */
function proseOf(comment: string): string {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/```[\s\S]*?```/g, '')
    .replace(/(?:^|\s)@(?:since|internal|example)\b[^\n]*/g, '')
    .trim();
}
