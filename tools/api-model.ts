/**
 * What heddle declares to its users, read from the declarations that the build makes: TypeScript 7
 * has no compiler API, and declarations need none, since each export says its type.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'rolldown/utils';

/** A member of an interface or a class. */
export interface Member {
  readonly name: string;
  readonly text: string;
  /** What stands before it; empty where nothing does. */
  readonly comment: string;
  readonly isOptional: boolean;
}

/** Something that has a name and a type. */
export interface Declared {
  readonly name: string;
  readonly kind: 'class' | 'constant' | 'function' | 'interface' | 'type';
  /** Its module, as `sim/schedule/world`. */
  readonly module: string;
  readonly text: string;
  readonly comment: string;
  readonly members: readonly Member[];
  /** Names that its text uses. */
  readonly uses: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // biome-ignore lint/suspicious/noExplicitAny: nodes of many kinds, of which few fields are read
  readonly [field: string]: any;
}

type From = readonly [module: string, name: string];

/** One file of declarations. */
class Module {
  readonly declared = new Map<string, Declared>();
  /** Names that it has from elsewhere. */
  readonly imported = new Map<string, From>();
  readonly exported = new Map<string, From>();
  readonly all: string[] = [];
  readonly #source: string;
  readonly #comments: readonly Node[];
  readonly name: string;

  constructor(dist: string, name: string) {
    this.name = name;
    const path = join(dist, `${name}.d.ts`);
    this.#source = readFileSync(path, 'utf8');
    const { program, comments, errors } = parseSync(path, this.#source, { lang: 'dts' });
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
    this.#comments = comments as unknown as Node[];
    for (const statement of program.body as unknown as Node[]) this.#read(statement);
  }

  #read(statement: Node): void {
    const from = (source: Node): string => moduleFrom(this.name, source['value']);
    switch (statement.type) {
      case 'ImportDeclaration':
        for (const { local, imported } of statement['specifiers'] as Node[]) {
          if (!statement['source'].value.startsWith('.')) continue;
          const name = imported?.name ?? '*';
          this.imported.set(local.name, [from(statement['source']), name]);
        }
        break;
      case 'ExportAllDeclaration':
        this.all.push(from(statement['source']));
        break;
      case 'ExportNamedDeclaration':
        for (const { local, exported } of statement['specifiers'] as Node[]) {
          const module = statement['source'] === null ? this.name : from(statement['source']);
          this.exported.set(exported.name, [module, local.name]);
        }
        if (statement['declaration'] !== null) {
          for (const name of this.#declare(statement['declaration'], statement)) {
            this.exported.set(name, [this.name, name]);
          }
        }
        break;
      default:
        this.#declare(statement, statement);
    }
  }

  /** Gives the names. */
  #declare(node: Node, statement: Node): string[] {
    const kind = KINDS[node.type];
    if (kind === undefined) return [];
    const names: string[] =
      kind === 'constant'
        ? node['declarations'].map((each: Node) => each['id'].name)
        : [node['id'].name];
    const body: Node[] = kind === 'interface' || kind === 'class' ? node['body'].body : [];
    for (const name of names) {
      const earlier = this.declared.get(name);
      const text = withoutComments(this.#source.slice(statement.start, statement.end));
      this.declared.set(name, {
        name,
        kind,
        module: this.name,
        text: earlier === undefined ? text : `${earlier.text}\n${text}`,
        comment: earlier?.comment || this.#before(statement.start),
        members: body.filter(isOffered).map((each) => this.#member(each)),
        uses: [...(earlier?.uses ?? []), ...namesIn(node)],
      });
    }
    return names;
  }

  #member(node: Node): Member {
    return {
      name: node['key']?.name ?? node['key']?.value ?? node.type,
      text: withoutComments(this.#source.slice(node.start, node.end)),
      comment: this.#before(node.start),
      isOptional: node['optional'] === true,
    };
  }

  /** The doc comment that ends right before a place. */
  #before(start: number): string {
    const before = this.#comments.findLast(({ end }) => end <= start);
    if (before === undefined || before['type'] !== 'Block') return '';
    if (this.#source.slice(before.end, start).trim() !== '') return '';
    return before['value'].startsWith('*') ? this.#source.slice(before.start, before.end) : '';
  }
}

const KINDS: Readonly<Record<string, Declared['kind'] | undefined>> = {
  ClassDeclaration: 'class',
  VariableDeclaration: 'constant',
  FunctionDeclaration: 'function',
  TSDeclareFunction: 'function',
  TSInterfaceDeclaration: 'interface',
  TSTypeAliasDeclaration: 'type',
};

function isOffered(member: Node): boolean {
  return member['key']?.type !== 'PrivateIdentifier' && member['accessibility'] !== 'private';
}

function moduleFrom(module: string, specifier: string): string {
  return join(dirname(module), specifier).replaceAll('\\', '/').replace(/\.js$/, '');
}

function withoutComments(text: string): string {
  return text.replace(/\n?[ \t]*\/\*[\s\S]*?\*\//g, '').trim();
}

/** All identifiers in it: more than it needs does no harm, where they are looked up afterwards. */
function namesIn(node: Node): string[] {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (typeof value === 'object' && value !== null) {
      const { type, name } = value as Partial<Node>;
      if (type === 'Identifier') names.add(name as string);
      for (const each of Object.values(value)) visit(each);
    }
  };
  visit(node);
  return [...names];
}

/** The declarations below `dist`, module by module. */
export class Api {
  readonly #modules = new Map<string, Module>();
  readonly #dist: string;

  constructor(dist: string) {
    this.#dist = dist;
  }

  #module(name: string): Module {
    let module = this.#modules.get(name);
    if (module === undefined) {
      module = new Module(this.#dist, name);
      this.#modules.set(name, module);
    }
    return module;
  }

  /** What a module exports, by the name under which it does, in alphabetical order. */
  exportsOf(name: string): ReadonlyMap<string, Declared> {
    const found = new Map<string, Declared>();
    const module = this.#module(name);
    for (const each of module.all) {
      for (const [as, declared] of this.exportsOf(each)) found.set(as, declared);
    }
    for (const [as, from] of module.exported) {
      const declared = this.#resolve(from);
      if (declared === undefined) throw new Error(`${name}.d.ts: nobody declares ${as}`);
      found.set(as, declared);
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What a name stands for in a module. */
  declared(module: string, name: string): Declared | undefined {
    return this.#resolve([module, name]);
  }

  #resolve([module, name]: From): Declared | undefined {
    const { declared, imported, exported, all } = this.#module(module);
    const own = declared.get(name);
    if (own !== undefined) return own;
    const from = imported.get(name) ?? exported.get(name);
    if (from !== undefined) return this.#resolve(from);
    for (const each of all) {
      const found = this.#resolve([each, name]);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Declarations of ours that some mention, and those that these mention, and so on. */
  mentionedBy(declared: Iterable<Declared>): Declared[] {
    const first = new Set(declared);
    const found = new Set(first);
    // A set that is gone through while it grows.
    for (const { module, uses } of found) {
      for (const name of uses) {
        const known = this.#module(module);
        if (!known.declared.has(name) && !known.imported.has(name)) continue;
        const used = this.#resolve([module, name]);
        if (used !== undefined) found.add(used);
      }
    }
    return [...found].filter((each) => !first.has(each));
  }

  /** Where a declaration stands, as it is written. */
  sourceOf({ module }: Declared): string {
    return relative('.', join('src', `${module}.ts`)).replaceAll('\\', '/');
  }
}
