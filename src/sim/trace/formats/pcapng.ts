import type { TraceModel } from '../model.ts';
import type { Carried } from '../recorder.ts';
import { Hosts, packetsOf } from './packets.ts';

// Block types, options and constants of draft-ietf-opsawg-pcapng, sections 4.1 to 4.5 and 3.5.
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const NAME_RESOLUTION = 4;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_RAW = 101;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const NRB_RECORD_IPV4 = 1;
const NANOSECONDS = 9;

/**
 * What travelled in a run, as a capture for Wireshark and tshark; each packet's comment names its
 * step.
 */
export function asPcapng(model: TraceModel, carried: readonly Carried[]): Uint8Array {
  const hosts = new Hosts();
  const packets = packetsOf(carried, hosts);
  const file = new Blocks();
  file.block(SECTION_HEADER, (block) => {
    block.u32(BYTE_ORDER_MAGIC);
    block.u16(1);
    block.u16(0);
    // The section's length is not told.
    block.u32(0xffffffff);
    block.u32(0xffffffff);
    block.option(SHB_USERAPPL, text('heddle'));
    block.option(OPT_COMMENT, text(`${model.scenario}  ${model.schedule}`));
    block.endOfOptions();
  });
  file.block(INTERFACE_DESCRIPTION, (block) => {
    block.u16(LINKTYPE_RAW);
    block.u16(0);
    block.u32(0);
    block.option(IF_NAME, text('heddle'));
    block.option(IF_TSRESOL, new Uint8Array([NANOSECONDS]));
    block.endOfOptions();
  });
  if (hosts.named.length > 0) {
    file.block(NAME_RESOLUTION, (block) => {
      for (const [name, address] of hosts.named) {
        block.option(NRB_RECORD_IPV4, new Uint8Array([...address, ...text(name), 0]));
      }
      block.endOfOptions();
    });
  }
  for (const { step, timeMs, bytes } of packets) {
    file.block(ENHANCED_PACKET, (block) => {
      const timeNs = Math.round(timeMs * 1e6);
      block.u32(0);
      block.u32(Math.floor(timeNs / 2 ** 32));
      block.u32(timeNs >>> 0);
      block.u32(bytes.length);
      block.u32(bytes.length);
      block.padded(bytes);
      block.option(OPT_COMMENT, text(`step ${step}`));
      block.endOfOptions();
    });
  }
  return file.bytes;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A file of blocks, little-endian, each as long as it says before and behind. */
class Blocks {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  block(type: number, fill: (block: this) => void): void {
    const start = this.#length;
    this.u32(type);
    this.u32(0);
    fill(this);
    const length = this.#length - start + 4;
    this.u32(length);
    this.#view.setUint32(start + 4, length, true);
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Filled up to a multiple of four. */
  padded(bytes: Uint8Array): void {
    const size = Math.ceil(bytes.length / 4) * 4;
    this.#reserve(size);
    this.#bytes.set(bytes, this.#length);
    this.#length += size;
  }

  option(code: number, value: Uint8Array): void {
    this.u16(code);
    this.u16(value.length);
    this.padded(value);
  }

  endOfOptions(): void {
    this.u32(0);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#bytes.length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
