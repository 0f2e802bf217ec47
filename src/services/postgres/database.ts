import type { Backend } from './backend.ts';
import { Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { connectTo, ddlCount, Template } from './template.ts';

/** Runs after which the catalogue is swept: each truncation leaves a dead row for each table. */
const RUNS_BETWEEN_VACUUMS = 200;

let cluster: Cluster | undefined;
const templates = new Map<string, Template>();
const databases = new Map<Template, Database[]>();
let made = 0;

/** A database for one run at a time, as the schema has it. */
export class Database {
  readonly template: Template;
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
  static lease(schema: string | undefined): Database {
    cluster ??= Cluster.start();
    const key = schema ?? '';
    let template = templates.get(key);
    if (template === undefined) {
      template = new Template(cluster, `heddle_template_${++made}`, schema);
      templates.set(key, template);
    }
    const all = databases.get(template) ?? [];
    databases.set(template, all);
    let free = all.find((each) => !each.#inUse);
    if (free === undefined) {
      free = new Database(template);
      all.push(free);
    }
    free.#inUse = true;
    free.#begin();
    return free;
  }

  private constructor(template: Template) {
    this.template = template;
  }

  get control(): Connection {
    return this.template.cluster.control;
  }

  #begin(): void {
    const { template } = this;
    if (this.#own !== undefined) {
      this.spoiled ||= template.needsCopy || ddlCount(this.#own) !== this.#ddl;
      if (this.spoiled) this.#drop(this.#own);
    }
    this.#own ??= this.#copy();
    const own = this.#own;
    own.send(template.reload);
    for (let i = 0; i < template.answerCount; i++) own.receive('the reload of a database');
    if (++this.#runs % RUNS_BETWEEN_VACUUMS === 0) own.query('VACUUM');
  }

  #copy(): Connection {
    this.name = `heddle_${++made}`;
    this.control.query(`CREATE DATABASE ${this.name} TEMPLATE ${this.template.name}`);
    const own = connectTo(this.template.cluster, this.name);
    own.query("SET search_path = ''");
    this.#ddl = ddlCount(own);
    this.spoiled = false;
    return own;
  }

  #drop(own: Connection): void {
    own.close();
    this.#own = undefined;
    for (const each of this.#idle.splice(0)) each.end();
    this.control.query(`DROP DATABASE ${this.name} WITH (FORCE)`);
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
    if (this.#idle.length < IDLE_MAX && backend.renew()) this.#idle.push(backend);
    else backend.end();
  }
}

/** Each is a process of the server's. */
const IDLE_MAX = 32;
