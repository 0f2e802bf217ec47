import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';

/**
 * An authority of heddle's own, made once for this process and kept in its memory: only simulated
 * programs are told of it.
 *
 * # Ed25519
 * Its keys and signatures are of one length, so that as many bytes travel in each run.
 */
class Authority {
  readonly #key: KeyObject;
  /** In PEM: what programs trust. */
  readonly certificate: string;
  readonly #issued = new Map<string, Certified>();

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#key = privateKey;
    this.certificate = this.#certificate(NAME, publicKey, [CA]);
  }

  /** What the host of that name shows. */
  of(host: string): Certified {
    let found = this.#issued.get(host);
    if (found === undefined) {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const names = extension('551d11', sequence(tagged(0x82, Buffer.from(host, 'latin1'))));
      found = {
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
        cert: this.#certificate(host, publicKey, [names]),
      };
      this.#issued.set(host, found);
    }
    return found;
  }

  /** RFC 5280, section 4.1. */
  #certificate(subject: string, key: KeyObject, extensions: readonly Buffer[]): string {
    const spki = key.export({ type: 'spki', format: 'der' });
    const content = sequence(
      tagged(0xa0, integer(Buffer.of(2))),
      // A number of its own, as the key is.
      integer(Buffer.concat([Buffer.of(1), spki.subarray(-8)])),
      ED25519,
      distinguished(NAME),
      VALIDITY,
      distinguished(subject),
      spki,
      tagged(0xa3, sequence(...extensions)),
    );
    const signature = Buffer.concat([Buffer.of(0), sign(null, content, this.#key)]);
    const whole = sequence(content, ED25519, tagged(0x03, signature));
    return new X509Certificate(whole).toString();
  }
}

/** How a server proves its name, in PEM. */
export interface Certified {
  readonly key: string;
  readonly cert: string;
}

// ---- DER (ITU-T X.690) ----

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
const integer = (bytes: Uint8Array): Buffer => tagged(0x02, bytes);
/** By its bytes, in hexadecimal. */
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const text = (tag: number, value: string): Buffer => tagged(tag, Buffer.from(value));
const TRUE = tagged(0x01, Buffer.of(0xff));

const extension = (id: string, value: Buffer): Buffer =>
  sequence(oid(id), TRUE, tagged(0x04, value));
/** A common name alone. */
const distinguished = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(oid('550403'), text(0x0c, name))));

const NAME = 'heddle';
/** Basic constraints. */
const CA = extension('551d13', sequence(TRUE));
/** 1.3.101.112 */
const ED25519 = sequence(oid('2b6570'));
/** OpenSSL asks the real clock. */
const VALIDITY = sequence(text(0x17, '000101000000Z'), text(0x18, '99991231235959Z'));

let made: Authority | undefined;

/** That of this process. */
export function authority(): Authority {
  made ??= new Authority();
  return made;
}
