/**
 * Races of Linux that have a CVE, as ConVul collects them (Cai et al., "Detecting Concurrency
 * Memory Corruption Vulnerabilities", ESEC/FSE 2019; cve-benchmark of
 * github.com/KennethLamar/ConVul, and the entries of the CVE list), with what becomes of memory as
 * assertions.
 */
import assert from 'node:assert/strict';
import { Cell, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { means } from '../means.ts';
import { guarded, holding, type Known } from './known.ts';

/** What was given back, and must not be used or given back again. */
class Memory {
  readonly #freed: Cell<boolean>;

  constructor(name: string) {
    this.#freed = new Cell(name, false);
  }

  *use(sys: Sys): Program {
    assert.ok(!(yield* sys.load(this.#freed)), 'used after it was freed');
  }

  *free(sys: Sys): Program {
    assert.ok(!(yield* sys.update(this.#freed, () => true)), 'freed twice');
  }
}

const netlink: Known = {
  name: 'CVE-2016-9806',
  source: 'ConVul, CVE-2016-9806 (netlink_dump)',
  mistake: 'the buffer of a dump is looked up again, unlocked, in order to free it',
  published: means('2209', '7', '7', '4', '3'),
  build(_world, repaired, play) {
    const lock = new Mutex('callback');
    const callback = new Cell<Memory | null>('skb', null);
    const dump = (i: number) =>
      function* dumps(sys: Sys): Program {
        const own = new Memory(`skb ${i}`);
        yield* holding(sys, lock, function* sets() {
          yield* sys.store(callback, own);
        });
        const buffer = repaired ? own : ((yield* sys.load(callback)) as Memory);
        yield* buffer.free(sys);
      };
    play({ 'dump 1': dump(1), 'dump 2': dump(2) });
  },
};

const fanout: Known = {
  name: 'CVE-2017-6346',
  source: 'ConVul, CVE-2017-6346 (fanout_add)',
  mistake: 'two calls set the same field, and each frees what it finds there',
  published: means('3', '24', '10', '2', '15'),
  build(_world, repaired, play) {
    const lock = new Mutex('fanout');
    const rollover = new Cell<Memory | null>('rollover', null);
    const add = (i: number) =>
      function* adds(sys: Sys): Program {
        yield* guarded(sys, lock, repaired, function* all() {
          const own = new Memory(`rollover ${i}`);
          yield* sys.store(rollover, own);
          yield* own.use(sys);
          if (!repaired) yield* holding(sys, lock, function* refused() {});
          yield* ((yield* sys.load(rollover)) as Memory).free(sys);
        });
      };
    play({ 'add 1': add(1), 'add 2': add(2) });
  },
};

const sequencer: Known = {
  name: 'CVE-2017-15265',
  source: 'ConVul, CVE-2017-15265 (snd_seq_create_port)',
  mistake: 'a port is in the list, and may be deleted, before its maker is done with it',
  published: means('0', '0', '0', '0', '0'),
  build(_world, repaired, play) {
    const lock = new Mutex('ports');
    const list = new Cell<Memory | null>('list', null);
    play({
      *create(sys) {
        const port = new Memory('port');
        yield* sys.lock(lock);
        yield* sys.store(list, port);
        if (!repaired) yield* sys.unlock(lock);
        for (let field = 0; field < 2; field++) yield* port.use(sys);
        if (repaired) yield* sys.unlock(lock);
      },
      *remove(sys) {
        for (let i = 0; i < 2; i++) {
          const port = yield* holding(sys, lock, function* takes() {
            return yield* sys.update(list, () => null);
          });
          if (port !== null) yield* port.free(sys);
        }
      },
    });
  },
};

const pipe: Known = {
  name: 'CVE-2009-3547',
  source: 'ConVul, CVE-2009-3547 (pipe_rdwr_open)',
  mistake: 'a pipe is opened again while its last user takes it away',
  published: means('5', '4', '3', '5', '4'),
  build(_world, repaired, play) {
    const lock = new Mutex('inode');
    const inode = new Cell<string | null>('i_pipe', 'pipe');
    const users = new Cell('users', 1);
    play({
      *release(sys) {
        yield* holding(sys, lock, function* releases() {
          if ((yield* sys.update(users, (n) => n - 1)) === 1) yield* sys.store(inode, null);
        });
      },
      *open(sys) {
        if ((yield* sys.load(inode)) === null) return;
        yield* holding(sys, lock, function* opens() {
          const now = yield* sys.load(inode);
          if (repaired && now === null) return;
          assert.ok(now !== null, 'null pointer dereference');
          yield* sys.update(users, (n) => n + 1);
        });
      },
    });
  },
};

const keyrings: Known = {
  name: 'CVE-2013-1792',
  source: 'ConVul, CVE-2013-1792 (install_user_keyrings)',
  mistake: 'one keyring stands for both: who sees it takes the other to be there already',
  published: means('364', '95', '39', '141', '15'),
  build(_world, repaired, play) {
    const lock = new Mutex('keyrings');
    const uid = new Cell<string | null>('uid keyring', null);
    const session = new Cell<string | null>('session keyring', null);
    const install = function* install(sys: Sys): Program {
      const seen = repaired ? session : uid;
      if ((yield* sys.load(seen)) === null) {
        yield* holding(sys, lock, function* installs() {
          if ((yield* sys.load(uid)) !== null) return;
          yield* sys.store(uid, '_uid');
          yield* sys.store(session, '_uid_ses');
        });
      }
      assert.ok((yield* sys.load(session)) !== null, 'null pointer dereference');
    };
    play({ 'install 1': install, 'install 2': install });
  },
};

const keyctl: Known = {
  name: 'CVE-2015-7550',
  source: 'ConVul, CVE-2015-7550 (keyctl_read_key)',
  mistake: 'a key is found valid before the lock is taken under which it may be revoked',
  published: means('1', '9', '6', '2', '6'),
  build(_world, repaired, play) {
    const lock = new Mutex('key');
    const payload = new Cell<string | null>('payload', 'secret');
    const read = function* read(sys: Sys): Program {
      if ((yield* sys.load(payload)) === null) return;
      yield* holding(sys, lock, function* reads() {
        const now = yield* sys.load(payload);
        if (repaired && now === null) return;
        assert.ok(now !== null, 'null pointer dereference');
      });
    };
    play({
      'read 1': read,
      'read 2': read,
      *revoke(sys) {
        yield* holding(sys, lock, function* revokes() {
          yield* sys.store(payload, null);
        });
      },
    });
  },
};

const ioprio: Known = {
  name: 'CVE-2016-7911',
  source: 'ConVul, CVE-2016-7911 (get_task_ioprio)',
  mistake: 'a context is looked at without the lock under which a task that ends frees it',
  published: means('3', '20', '11', '6', '8'),
  build(_world, repaired, play) {
    const lock = new Mutex('task');
    const context = new Cell<Memory | null>('io_context', new Memory('io_context'));
    play({
      *get(sys) {
        yield* guarded(sys, lock, repaired, function* looks() {
          const now = yield* sys.load(context);
          if (now === null) return;
          yield* sys.schedYield();
          yield* now.use(sys);
        });
      },
      *exit(sys) {
        const old = yield* holding(sys, lock, function* takes() {
          return yield* sys.update(context, () => null);
        });
        if (old !== null) yield* old.free(sys);
      },
    });
  },
};

export const CVES: readonly Known[] = [netlink, fanout, sequencer, pipe, keyrings, keyctl, ioprio];
