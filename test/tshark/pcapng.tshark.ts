import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenario } from '../../src/index.ts';
import { traceRun } from '../../src/sim/explore/trace.ts';
import { asPcapng } from '../../src/sim/trace/formats/pcapng.ts';
import type { Carried } from '../../src/sim/trace/recorder.ts';
import type { Sys } from '../../src/sys/index.ts';
import { samples } from '../viewer/runs.ts';

let folder = '';
beforeAll(() => {
  const { error } = spawnSync('tshark', ['--version']);
  if (error !== undefined) {
    throw new Error(
      'tshark is not there; apt-get install tshark, or leave npm run test:tshark out',
    );
  }
  folder = mkdtempSync(join(tmpdir(), 'heddle-pcapng-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * What tshark says of a capture: one line a packet, the fields asked for. Checksums are verified.
 */
function tshark(path: string, fields: readonly string[], filter = ''): string[][] {
  const args = ['-r', path, '-n', '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
  if (filter !== '') args.push('-Y', filter);
  args.push('-T', 'fields', '-E', 'separator=|', ...fields.flatMap((field) => ['-e', field]));
  const { status, stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stderr).not.toMatch(/cut short|damaged|corrupt|error/i);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('|'));
}

function saved(name: string, pcapng: Uint8Array): string {
  const path = join(folder, `${name}.pcapng`);
  writeFileSync(path, pcapng);
  return path;
}

// A few architectures are enough: what differs is who calls, not what travels.
const chosen = samples(4).filter((_, index) => index % 9 === 0);

describe.each(chosen)('the capture of $name', ({ scenario, decisions }) => {
  const { model, carried } = traceRun(scenario, decisions, { roadStepsMax: 0 });

  it('is read without a complaint', () => {
    const path = saved('all', asPcapng(model, carried));
    expect(tshark(path, ['frame.number'])).toHaveLength(
      tshark(path, ['frame.number'], 'ip').length,
    );
    const complaints =
      '_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.retransmission || tcp.analysis.out_of_order || tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment';
    expect(tshark(path, ['frame.number', '_ws.expert.message'], complaints)).toEqual([]);
  });

  it('holds the conversations that took place: SYN, the bytes at their places, FIN or RST', () => {
    const path = saved('conversations', asPcapng(model, carried));
    const packets = tshark(
      path,
      ['tcp.stream', 'tcp.srcport', 'tcp.flags', 'tcp.seq', 'tcp.payload'],
      'tcp',
    );
    const flags = packets.map(([, , hex = '0x0']) => Number(hex));
    const count = (what: Carried['what']): number =>
      carried.filter((one) => one.what === what).length;
    expect(flags.filter((bits) => (bits & (SYN | ACK)) === SYN)).toHaveLength(
      count('SYN') + count('refused'),
    );
    expect(flags.filter((bits) => (bits & FIN) !== 0)).toHaveLength(count('FIN'));
    expect(flags.filter((bits) => (bits & RST) !== 0)).toHaveLength(
      count('RST') + count('refused'),
    );
    expect(streams(packets)).toEqual(sentIn(carried));
  });
});

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

/**
 * All that was sent, by stream and sender, put together by sequence numbers as a receiver would.
 */
function streams(packets: readonly string[][]): string[] {
  const sent = new Map<string, string[]>();
  for (const [stream, port, , sequence = '0', payload = ''] of packets) {
    if (payload === '') continue;
    const key = `${stream} ${port}`;
    const bytes = sent.get(key) ?? [];
    sent.set(key, bytes);
    // Relative numbers: the first byte behind the SYN is number 1.
    payload.match(/../g)?.forEach((byte, index) => {
      bytes[Number(sequence) - 1 + index] = byte;
    });
  }
  return [...sent.values()].map((bytes) => bytes.join('')).sort();
}

/**
 * The same from the run: connections follow one another on the same ports, so a SYN begins another.
 */
function sentIn(carried: readonly Carried[]): string[] {
  const sent = new Map<string, string>();
  const generation = new Map<string, number>();
  for (const { what, fromAddress, toAddress, bytes } of carried) {
    const ports = [fromAddress.port, toAddress.port].sort().join(' ');
    if (what === 'SYN') generation.set(ports, (generation.get(ports) ?? 0) + 1);
    if (what !== 'data') continue;
    const key = `${ports} ${generation.get(ports)} ${fromAddress.port}`;
    sent.set(key, (sent.get(key) ?? '') + Buffer.from(bytes).toString('hex'));
  }
  return [...sent.values()].sort();
}

describe('a capture', () => {
  it('names hosts, and holds datagrams too', () => {
    const told = scenario('two hosts', (world) => {
      world
        .host('near')
        .process('near')
        .spawn('near', function* (sys: Sys) {
          const fd = yield* sys.socket('inet', 'dgram');
          yield* sys.bind(fd, { host: '0.0.0.0', port: 5000 });
          yield* sys.recvfrom(fd, 100);
        });
      world
        .host('far')
        .process('far')
        .spawn('far', function* (sys: Sys) {
          const fd = yield* sys.socket('inet', 'dgram');
          yield* sys.sendto(fd, new TextEncoder().encode('hello'), { host: 'near', port: 5000 });
        });
    });
    const { model, carried } = traceRun(told, [], { roadStepsMax: 0 });
    const path = saved('hosts', asPcapng(model, carried));
    expect(tshark(path, ['ip.src', 'ip.dst', 'udp.dstport', 'udp.payload'])).toEqual([
      ['10.0.0.1', '10.0.0.2', '5000', Buffer.from('hello').toString('hex')],
    ]);
    const { stdout } = spawnSync('tshark', ['-r', path, '-N', 'n'], { encoding: 'utf8' });
    expect(stdout).toMatch(/far → near\s+UDP/);
  });
});
