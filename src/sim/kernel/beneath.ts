import { Attributes, type AttributeValues } from './attributes.ts';
import type { Clock } from './clock.ts';
import type { CrashModel } from './crash-model.ts';
import { Directory, FileInode, type Inode, Special, Symlink } from './inode.ts';

/** What is known of something in a real folder. */
export interface BeneathStatus extends AttributeValues {
  readonly type: 'file' | 'directory' | 'link' | 'special';
  readonly size: number;
  readonly links: number;
}

/** The files that a disk is laid over: they are looked at, and never changed. */
export interface Beneath {
  /** Without following a link; undefined where nothing is. */
  status(path: string): BeneathStatus | undefined;
  /** What lies in a directory. */
  names(path: string): readonly string[];
  /** What a link holds. */
  target(path: string): string;
  /** Bytes of a file or of a device, or a negated errno. */
  read(path: string, offset: number, bytesMax: number): Uint8Array | number;
}

/** One directory of what lies beneath, as the directory over it asks for what is in it. */
export class Under {
  readonly path: string;
  readonly #layer: Layer;

  constructor(layer: Layer, path: string) {
    this.#layer = layer;
    this.path = path;
  }

  look(name: string): Inode | undefined {
    return this.#layer.inodeOf(this.path === '/' ? `/${name}` : `${this.path}/${name}`);
  }

  names(): readonly string[] {
    return this.#layer.beneath.names(this.path);
  }
}

/** Makes inodes of what lies beneath, each when it is first looked at. */
export class Layer {
  readonly beneath: Beneath;
  readonly #clock: Clock;
  readonly #model: () => CrashModel;
  /** Files of several names, which are one file over here too. */
  readonly #linked = new Map<string, Inode>();

  constructor(beneath: Beneath, clock: Clock, model: () => CrashModel) {
    this.beneath = beneath;
    this.#clock = clock;
    this.#model = model;
  }

  inodeOf(path: string): Inode | undefined {
    const status = this.beneath.status(path);
    if (status === undefined) return undefined;
    const key = status.type === 'file' && status.links > 1 ? `${status.dev}:${status.ino}` : '';
    const known = this.#linked.get(key);
    if (known !== undefined) return known;
    const inode = this.#make(path, status);
    inode.attributes = new Attributes(this.#clock, status);
    inode.names = status.type === 'directory' ? 1 : status.links;
    if (key !== '') this.#linked.set(key, inode);
    return inode;
  }

  #make(path: string, { type, size, links }: BeneathStatus): Inode {
    const { beneath } = this;
    if (type === 'link') return new Symlink(beneath.target(path));
    if (type === 'directory') {
      const directory = new Directory(new Under(this, path));
      directory.shown = { size, links };
      return directory;
    }
    const read = (offset: number, max: number) => beneath.read(path, offset, max);
    return type === 'file' ? new FileInode(this.#model(), { size, read }) : new Special(read);
  }
}
