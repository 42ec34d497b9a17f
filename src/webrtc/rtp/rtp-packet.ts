/** A packet without what differs between two streams that carry it. */
export interface RtpPayload {
  /** One or more slices that follow each other. */
  slices: Buffer[];
  /** Whether it is the last one of its picture (RFC 6184 §5.1). */
  marker: boolean;
}

/** Fixed header (RFC 3550 §5.1). */
const HEADER_BYTES = 12;
const VERSION = 2;
const HAS_EXTENSION = 0x10;
const NO_EXTENSION = Buffer.alloc(0);

/** One RTP stream: numbers its packets and counts them for sender reports. */
export class RtpStream {
  readonly ssrc: number;
  readonly #payloadType: number;
  readonly #extension: Buffer;
  #sequence: number;
  #packets = 0;
  #octets = 0;

  /**
   * @param options.sequence number of the first packet, 16 bits.
   * @param options.extension a header extension that each packet carries, whole (RFC 3550 §5.3.1).
   */
  constructor(options: { ssrc: number; payloadType: number; sequence?: number; extension?: Buffer }) {
    this.ssrc = options.ssrc;
    this.#payloadType = options.payloadType;
    this.#sequence = options.sequence ?? 0;
    this.#extension = options.extension ?? NO_EXTENSION;
  }

  get packets(): number {
    return this.#packets;
  }

  /** Payload bytes so far, modulo 2³². */
  get octets(): number {
    return this.#octets;
  }

  /** @param timestamp in units of the clock rate, 32 bits. */
  packet(payload: RtpPayload, timestamp: number): Buffer {
    const packet = this.#write(payload, timestamp, this.#sequence);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets = (this.#packets + 1) >>> 0;
    this.#octets = (this.#octets + packet.length - HEADER_BYTES - this.#extension.length) >>> 0;
    return packet;
  }

  /** One that goes before the next packet, and takes no number from it: for a receiver that has had none. */
  packetBefore(payload: RtpPayload, timestamp: number): Buffer {
    return this.#write(payload, timestamp, (this.#sequence - 1) & 0xffff);
  }

  #write({ slices, marker }: RtpPayload, timestamp: number, sequence: number): Buffer {
    const sizeBytes = slices.reduce((sum, slice) => sum + slice.length, 0);
    const packet = Buffer.allocUnsafe(HEADER_BYTES + this.#extension.length + sizeBytes);
    packet.writeUInt8((VERSION << 6) | (this.#extension.length > 0 ? HAS_EXTENSION : 0), 0);
    packet.writeUInt8((marker ? 0x80 : 0) | this.#payloadType, 1);
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(timestamp, 4);
    packet.writeUInt32BE(this.ssrc, 8);
    let offset = HEADER_BYTES + this.#extension.copy(packet, HEADER_BYTES);
    for (const slice of slices) offset += slice.copy(packet, offset);
    return packet;
  }
}
