import type { Backend } from './backend.ts';
import { Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { Lite } from './lite.ts';
import type { Source } from './source.ts';
import { connectTo, ddlCount, Template } from './template.ts';

/** Runs after which the catalogue is swept: each truncation leaves a dead row for each table. */
const RUNS_BETWEEN_VACUUMS = 200;

let cluster: Cluster | undefined;
const templates = new Map<string, Template>();
const databases = new Map<string, Database[]>();
let made = 0;

/** What a database is made of. */
export interface DatabaseOptions {
  /** The file of its schema. */
  readonly schema: string | undefined;
  /** Where PGlite is; undefined: it is one of the server's. */
  readonly pglite: string | undefined;
}

/** A database for one run at a time, as the schema has it. */
export class Database {
  readonly #options: DatabaseOptions;
  #template: Template;
  name = '';
  #own: Connection | undefined;
  #ddl = '';
  #runs = 0;
  #inUse = false;
  /** Sessions without a client. */
  #idle: Backend[] = [];
  /** Something has been done to it that a reload does not undo. */
  spoiled = false;

  /**
   * Of this process; where one is free, it is brought back to how it was. To be called outside of
   * any run.
   */
  static lease(options: DatabaseOptions): Database {
    const key = `${options.pglite ?? ''}\n${options.schema ?? ''}`;
    const all = databases.get(key) ?? [];
    databases.set(key, all);
    let free = all.find((each) => !each.#inUse);
    if (free === undefined) {
      free = new Database(options);
      all.push(free);
    }
    free.#inUse = true;
    free.#begin();
    return free;
  }

  private constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#template = templateOf(options);
  }

  get source(): Source {
    return this.#template.source;
  }

  get control(): Connection {
    return this.source.control;
  }

  #begin(): void {
    if (this.#own !== undefined) {
      this.spoiled ||= this.#template.needsCopy || ddlCount(this.#own) !== this.#ddl;
      if (this.spoiled) this.#drop(this.#own);
    }
    this.#own ??= this.#copy();
    const own = this.#own;
    const { reload, answerCount } = this.#template;
    own.send(reload);
    for (let i = 0; i < answerCount; i++) own.receive('the reload of a database');
    if (++this.#runs % RUNS_BETWEEN_VACUUMS === 0) own.query('VACUUM');
  }

  #copy(): Connection {
    this.name = `heddle_${++made}`;
    if (!this.source.isSingle) {
      this.control.query(`CREATE DATABASE ${this.name} TEMPLATE ${this.#template.name}`);
    }
    const own = connectTo(this.source, this.name);
    own.query("SET search_path = ''");
    this.#ddl = ddlCount(own);
    this.spoiled = false;
    return own;
  }

  #drop(own: Connection): void {
    own.close();
    this.#own = undefined;
    for (const each of this.#idle.splice(0)) each.end();
    const { source } = this;
    if (!(source instanceof Lite)) {
      this.control.query(`DROP DATABASE ${this.name} WITH (FORCE)`);
      return;
    }
    source.end();
    this.#template = templateOf(this.#options);
  }

  /** The run is over. */
  free(): void {
    this.#inUse = false;
  }

  // ---- sessions ----

  /** A session that was begun like that and has no client; undefined if there is none. */
  idle(key: string): Backend | undefined {
    const at = this.#idle.findIndex((each) => each.key === key);
    return at < 0 ? undefined : this.#idle.splice(at, 1)[0];
  }

  /** Its client is gone: what it has held is free afterwards. */
  leave(backend: Backend): void {
    const isKept = !this.source.isSingle && this.#idle.length < IDLE_MAX;
    if (isKept && backend.renew()) this.#idle.push(backend);
    else backend.end();
  }
}

/** Each is a process of the server's. */
const IDLE_MAX = 32;

/** Of the server there is one of each schema; of PGlite each database has its own. */
function templateOf({ schema, pglite }: DatabaseOptions): Template {
  const name = `heddle_template_${++made}`;
  if (pglite !== undefined) return new Template(new Lite(pglite), name, schema);
  cluster ??= Cluster.start();
  const template = templates.get(schema ?? '') ?? new Template(cluster, name, schema);
  templates.set(schema ?? '', template);
  return template;
}
