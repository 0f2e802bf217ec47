// What the bytes of a connection are, in words.
import { describe, expect, it } from 'vitest';
import { Conversation, type Said } from '../../src/sim/trace/protocols/conversation.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const words = ({ messages, begun }: Said): string[] => [
  ...messages.map(({ text }) => text),
  ...(begun === '' ? [] : [`${begun}…`]),
];

/** A message of PostgreSQL: its letter, then its length with itself, then its body. */
function postgres(type: string, body: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return type + length.toString('latin1') + body;
}

function frame(opcode: number, payload: string, mask?: readonly number[]): string {
  const content = Buffer.from(payload, 'latin1');
  const key = mask ?? [];
  const body = Buffer.from(content.map((byte, i) => byte ^ (key[i % 4] ?? 0)));
  const head = [0x80 | opcode, (mask === undefined ? 0 : 0x80) | content.length, ...key];
  return Buffer.from([...head, ...body]).toString('latin1');
}

describe('HTTP/1', () => {
  it('is told by its first line and its body, several messages at once', () => {
    const end = new Conversation();
    const post = 'POST /seats/7 HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n{"name":"ann"}';
    expect(words(end.sent(bytes(`${post}GET /a?b=1 HTTP/1.1\r\n\r\n`)))).toEqual([
      'POST /seats/7 {"name":"ann"}',
      'GET /a?b=1',
    ]);
    const answers =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsol\r\n1\r\nd\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n';
    expect(words(end.received(bytes(answers)))).toEqual(['200 "sold"', '204']);
  });

  it('is told once it is whole, however it was cut', () => {
    const text = 'PUT /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc';
    for (let cut = 20; cut < text.length; cut++) {
      const end = new Conversation();
      const first = end.received(bytes(text.slice(0, cut)));
      expect(first.messages).toEqual([]);
      expect(first.begun).not.toBe('');
      expect(words(end.received(bytes(text.slice(cut))))).toEqual(['PUT /x "abc"']);
    }
  });

  it('has no body in an answer to HEAD, whatever its length says', () => {
    const end = new Conversation();
    end.sent(bytes('HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n'));
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n';
    expect(words(end.received(bytes(`${head}${head}body`)))).toEqual(['200', '200 "body"']);
  });

  it('names what is packed, and shows no bytes of it', () => {
    const end = new Conversation();
    const head = 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n';
    expect(words(end.received(bytes(`${head}\x1f\x8b\x08`)))).toEqual(['200 (gzip, 3 B)']);
  });
});

describe('WebSocket', () => {
  it('is spoken in both directions once the server has switched', () => {
    const server = new Conversation();
    server.received(bytes('GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'));
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';
    expect(words(server.sent(bytes(switching)))).toEqual(['101 websocket']);
    expect(words(server.received(bytes(frame(1, 'hello', [1, 2, 3, 4]))))).toEqual(['ws "hello"']);
    expect(words(server.sent(bytes(frame(9, '') + frame(8, '\x03\xe8bye'))))).toEqual([
      'ws ping',
      'ws close 1000 bye',
    ]);
  });
});

describe('Redis', () => {
  it('has commands and replies, and what is published is no reply', () => {
    const end = new Conversation();
    expect(words(end.sent(bytes('*3\r\n$3\r\nSET\r\n$4\r\nseat\r\n$3\r\nann\r\n')))).toEqual([
      'SET seat ann',
    ]);
    const said = end.received(
      bytes('+OK\r\n$-1\r\n:7\r\n-ERR no\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n>1\r\n$1\r\nc\r\n'),
    );
    expect(words(said)).toEqual(['OK', 'nil', '7', 'error ERR no', '["a", "b"]', '["c"]']);
    expect(said.messages.map(({ role }) => role)).toEqual([
      ...Array(5).fill('response'),
      undefined,
    ]);
  });
});

describe('PostgreSQL', () => {
  it('has statements, rows and errors', () => {
    const end = new Conversation();
    const start = '\x00\x00\x00\x12\x00\x03\x00\x00user\0ann\0\0';
    expect(words(end.sent(bytes(start + postgres('Q', 'SELECT a\n FROM b\0'))))).toEqual([
      'logs in as ann',
      'SELECT a FROM b',
    ]);
    const row = postgres('D', '\0\x02\0\0\0\x01x\xff\xff\xff\xff');
    const said = end.received(
      bytes(row + postgres('C', 'SELECT 1\0') + postgres('E', 'SERROR\0Mno table\0\0')),
    );
    expect(words(said)).toEqual(['row (x, null)', 'SELECT 1', 'error no table']);
  });

  it('has the values of a statement beside it, whenever it was prepared', () => {
    const end = new Conversation();
    end.sent(bytes('\0\0\0\x12\0\x03\0\0user\0ann\0\0'));
    const values = '\0\x03\0\0\0\x03100\xff\xff\xff\xff\0\0\0\x02\xc3\xbc';
    const bound = postgres('B', `\0\0\0\0${values}\0\0`);
    const sql = 'UPDATE a SET b = $1';
    const parsed = postgres('P', `\0${sql}\0\0\0`);
    const sync = postgres('S', '');
    const shown = `${sql} ($1=100, $2=null, $3=ü)`;
    const said = (text: string): string[] => words(end.sent(bytes(text))).filter(Boolean);
    expect(said(parsed + bound + sync)).toEqual([shown]);
    expect(said(parsed + sync)).toEqual([`prepares ${sql}`]);
    expect(said(bound + sync)).toEqual([shown]);
    // The last of them in binary, in a statement with a name.
    const formats = '\0\x03\0\0\0\0\0\x01';
    const named = postgres('P', `s\0${sql}\0\0\0`) + postgres('B', `p\0s\0${formats}${values}`);
    expect(said(named)).toEqual([`${sql} ($1=100, $2=null, $3=2 B)`]);
    const many = `\0\0\0\x08${'\0\0\0\x01x'.repeat(8)}`;
    expect(said(postgres('B', `\0\0${many}`))[0]).toMatch(/\$6=x, …\)$/);
  });
});

describe('what nobody knows', () => {
  it('is shown as text or as its first bytes', () => {
    const end = new Conversation();
    expect(words(end.sent(bytes('INCR x\r\n')))).toEqual([JSON.stringify('INCR x\r\n')]);
    expect(words(end.received(bytes('\0\x01\x02')))).toEqual(['3 B 000102']);
  });
});
