/** docs/reference/failure-file.md, from the schema that a failure file is read by. */
import { failureSchema } from '../src/sim/explore/failures.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
}

export function failureFilePage(): string {
  return `# The failure file

Written by \`npm run docs\` from the schema by which heddle reads these files ([failure.schema.json](../failure.schema.json)).

A failing run is kept under \`.heddle/\` as JSON: its decisions by place and by name, what broke, and where its scenario is. Times of day, absolute paths and
contents of messages are not in it, so one failure gives the same bytes on every machine. [Replay, pin, debug](../replay.md) says what to do with it, and
[security](../security.md) what a replay of a stranger's file may run.

| field | type | |
|---|---|---|
${rowsOf(failureSchema() as Schema, '').join('\n')}

Fields in *italics* may be missing. Fields that this version does not know are kept.
`;
}

function rowsOf(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const full = path === '' ? name : `${path}.${name}`;
    const label = schema.required?.includes(name) === true ? `\`${full}\`` : `*\`${full}\`*`;
    const text = (field.description ?? '').replaceAll('|', '\\|').replaceAll('<', '&lt;');
    return [`| ${label} | ${typeOf(field)} | ${text} |`, ...rowsOf(inner(field), full)];
  });
}

/** What a list is made of is told under the list's own name. */
function inner(field: Schema): Schema {
  return field.type === 'array' && field.items !== undefined ? field.items : field;
}

function typeOf({ type, const: only, items }: Schema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (type === 'array') return `list of ${items === undefined ? 'values' : typeOf(items)}`;
  return [type ?? 'any'].flat().join(' or ');
}
