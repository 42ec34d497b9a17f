import { AppError } from '../../platform/index.js';

/** Not what an MPEG-TS muxer writes. */
export class TsInvalid extends AppError {
  constructor(problem: string) {
    super('ts_invalid', problem, { expose: false });
  }
}

export interface PesPacket {
  /** 90 kHz, 33 bits. */
  pts: number;
  data: Buffer;
}

const PACKET_BYTES = 188;
const SYNC_BYTE = 0x47;
/** Of FFmpeg's first elementary stream, where nothing else is asked for. */
const FIRST_PID = 0x100;
const PES_HEADER_BYTES = 9;
/** The 16-bit length of a PES packet counts from its seventh byte. */
const PES_LENGTH_FROM = 6;
const PTS_BYTES = 5;
const PTS_MODULUS = 2 ** 33;
/** Flags of the header that Opus has in MPEG-TS: two bytes of samples to leave out follow for each. */
const START_TRIM = 0x10;
const END_TRIM = 0x08;
const TRIM_BYTES = 2;
const FULL_SIZE_BYTE = 0xff;

/** Takes the PES packets of the one elementary stream out of an MPEG-TS (ISO/IEC 13818-1 §2.4.3) as its bytes arrive. */
export class TsReader {
  readonly #onPes: (packet: PesPacket) => void;
  #rest: Buffer = Buffer.alloc(0);
  #pieces: Buffer[] = [];
  #missingBytes = 0;

  constructor(options: { onPes: (packet: PesPacket) => void }) {
    this.#onPes = options.onPes;
  }

  /** @throws {TsInvalid} */
  write(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.length - (bytes.length % PACKET_BYTES);
    for (let offset = 0; offset < end; offset += PACKET_BYTES) this.#takePacket(bytes.subarray(offset, offset + PACKET_BYTES));
    this.#rest = bytes.subarray(end);
  }

  #takePacket(packet: Buffer): void {
    if (packet.readUInt8(0) !== SYNC_BYTE) throw new TsInvalid('no packet begins here');
    const flags = packet.readUInt16BE(1);
    if ((flags & 0x1fff) !== FIRST_PID) return;
    const control = packet.readUInt8(3);
    const payload = packet.subarray(4 + ((control & 0x20) === 0 ? 0 : 1 + packet.readUInt8(4)));
    if ((flags & 0x4000) !== 0) this.#begin(payload);
    if (this.#missingBytes <= 0) return;
    this.#pieces.push(payload);
    this.#missingBytes -= payload.length;
    if (this.#missingBytes <= 0) this.#finish();
  }

  #begin(payload: Buffer): void {
    if (payload.length < PES_HEADER_BYTES + PTS_BYTES || payload.readUIntBE(0, 3) !== 1) throw new TsInvalid('no PES packet begins here');
    this.#pieces = [];
    this.#missingBytes = PES_LENGTH_FROM + payload.readUInt16BE(4);
  }

  #finish(): void {
    const pes = this.#pieces.length === 1 && this.#pieces[0] !== undefined ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#onPes({ pts: ptsOf(pes), data: pes.subarray(PES_HEADER_BYTES + pes.readUInt8(8)) });
  }
}

/** The time, 90 kHz and never wrapped, that a PTS of 33 bits tells next to a time before it. */
export function ticksNear(ticks: number, pts: number): number {
  const ahead = (pts - (ticks % PTS_MODULUS) + PTS_MODULUS) % PTS_MODULUS;
  return ticks + (ahead < PTS_MODULUS / 2 ? ahead : ahead - PTS_MODULUS);
}

/** The Opus packet in a PES packet that holds one: its size, as a sum of bytes, comes before it. */
export function opusPacketOf(data: Buffer): Buffer {
  const flags = data.readUInt16BE(0);
  let offset = 2;
  while (data.readUInt8(offset) === FULL_SIZE_BYTE) offset++;
  offset++;
  for (const trim of [START_TRIM, END_TRIM]) if ((flags & trim) !== 0) offset += TRIM_BYTES;
  return data.subarray(offset);
}

function ptsOf(pes: Buffer): number {
  const [high, middle, low] = [pes.readUInt8(PES_HEADER_BYTES), pes.readUInt16BE(PES_HEADER_BYTES + 1), pes.readUInt16BE(PES_HEADER_BYTES + 3)];
  return ((high >> 1) & 7) * 2 ** 30 + (middle >> 1) * 2 ** 15 + (low >> 1);
}
