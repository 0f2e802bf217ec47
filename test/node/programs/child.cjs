// What the programs of children.mjs start: what it does is its first argument.
const [what, ...args] = process.argv.slice(2);

const DOES = {
  args: () => console.log(JSON.stringify([args, process.execArgv, process.argv.length])),
  env: () => console.log(JSON.stringify([process.env.ONE, process.env.NODE_CHANNEL_FD])),
  cwd: () => console.log(process.cwd()),
  code: () => process.exit(Number(args[0])),
  exitCode: () => {
    process.exitCode = Number(args[0]);
  },
  throws: () => {
    throw new TypeError('no such thing');
  },
  rejects: () => Promise.reject(new RangeError('not settled')),
  both: () => {
    process.stdout.write('out\n');
    process.stderr.write('err\n');
  },
  echo: () => process.stdin.pipe(process.stdout),
  counts: () => {
    let bytes = 0;
    process.stdin.on('data', (part) => {
      bytes += part.length;
    });
    process.stdin.on('end', () => console.log(bytes));
  },
  much: () => process.stdout.write('x'.repeat(300_000)),
  ids: () => console.log(JSON.stringify([process.pid, process.ppid])),
  waits: () => {
    console.log('ready');
    setInterval(() => {}, 1_000);
  },
  parries: () => {
    process.on('SIGTERM', (name, number) => {
      console.log(name, number);
      process.exit(5);
    });
    setInterval(() => {}, 1_000);
    console.log('ready');
  },
  listens: () => {
    process.on('SIGUSR2', () => {});
    console.log('ends');
  },
  itself: () => {
    process.kill(process.pid, 'SIGKILL');
    console.log('never');
  },
  aborts: () => process.abort(),
  replies: () => {
    process.on('message', (message) => {
      if (message === 'bye') process.disconnect();
      else process.send({ got: message, connected: process.connected });
    });
    process.send('hello');
  },
  once: () => process.once('message', (message) => process.send([message])),
  silent: () => process.on('disconnect', () => console.log('disconnected')),
  late: () => {
    setTimeout(() => console.log('late'), 30);
  },
  grand: () => {
    const { spawn } = require('node:child_process');
    spawn(process.execPath, [__filename, 'args', 'grand'], { stdio: 'inherit' });
  },
};

DOES[what]();
