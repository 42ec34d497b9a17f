import logger from 'node-media-server/src/core/logger.js';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import type { AmfValue } from './amf0.js';
import { decodeAmf0 } from './amf0.js';
import { AUDIO_FOURCCS, VIDEO_FOURCCS } from '../../streams/index.js';
import { MESSAGE } from './chunk-reader.js';
import { RtmpInvalid } from '../errors.js';

/** A command message (Adobe RTMP 1.0 §7.2). */
export interface RtmpCommand {
  name: string;
  transactionId: number;
  /** The command object; only `connect` carries one. */
  object: AmfValue;
  args: AmfValue[];
}

/** Bytes after which each side tells the other what it received. */
export const WINDOW_ACK_BYTES = 2_500_000;

const RTMP_VERSION = 3;
const HANDSHAKE_DONE = 3;
const LIMIT_DYNAMIC = 2;
const OUT_CHUNK_BYTES = 0xffff;
const PING_RESPONSE = 7;
const MAX_ENCODER_LENGTH = 120;
const NOTHING = Buffer.alloc(0);
const CAN_DECODE = 1;
const CAN_FORWARD = 4;
/** What Enhanced RTMP may bring here (Enhanced RTMP v2, "Enhancing NetConnection connect Command"). */
const ENHANCED_CODECS = {
  fourCcList: strictArray([...VIDEO_FOURCCS, ...AUDIO_FOURCCS]),
  videoFourCcInfoMap: abilities(VIDEO_FOURCCS),
  audioFourCcInfoMap: abilities(AUDIO_FOURCCS),
};

/**
 * What we use of node-media-server's protocol layer: both handshakes and the making of messages. It never gets
 * to read chunks (`ChunkReader` does) and answers nothing by itself.
 */
export class RtmpProtocol extends Rtmp {
  #rest: Buffer = NOTHING;

  constructor(options: { write: (bytes: Buffer) => void }) {
    super();
    logger.level = 'error'; // it tells stdout how it writes an array
    this.objectEncoding = 0; // AMF0, whatever the client offers
    this.onOutputCallback = options.write;
  }

  get isHandshakeDone(): boolean {
    return this.handshakeState === HANDSHAKE_DONE;
  }

  /**
   * Feeds the handshake and returns the bytes that follow it.
   * @throws {RtmpInvalid} when the client asks for another version, such as encrypted RTMPE.
   */
  takeHandshake(data: Buffer): Buffer {
    if (this.handshakeState === 0 && data[0] !== RTMP_VERSION) throw new RtmpInvalid(`handshake starts with ${data[0]}; RTMP version 3 expected`);
    this.parserData(data);
    const rest = this.#rest;
    this.#rest = NOTHING;
    return rest;
  }

  override chunkRead(data: Buffer, start: number, length: number): null {
    this.#rest = data.subarray(start, start + length);
    return null;
  }

  acceptConnect(transactionId: number): void {
    this.sendWindowACK(WINDOW_ACK_BYTES);
    this.setPeerBandwidth(WINDOW_ACK_BYTES, LIMIT_DYNAMIC);
    this.setChunkSize(OUT_CHUNK_BYTES);
    this.sendInvokeMessage(0, {
      cmd: '_result',
      transId: transactionId,
      cmdObj: { fmsVer: 'FMS/3,0,1,123', capabilities: 31 },
      info: {
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'Connection succeeded.',
        objectEncoding: this.objectEncoding,
        ...ENHANCED_CODECS,
      },
    });
  }

  rejectConnect(transactionId: number, code: string, description: string): void {
    this.setChunkSize(OUT_CHUNK_BYTES);
    const info = { level: 'error', code, description: ascii(description) };
    this.sendInvokeMessage(0, { cmd: '_error', transId: transactionId, cmdObj: null, info });
  }

  /** An empty result, for calls that only want to be answered. */
  answer(transactionId: number): void {
    this.sendInvokeMessage(0, { cmd: '_result', transId: transactionId, cmdObj: null, info: undefined });
  }

  acceptPublish(streamId: number, answersFcPublish: boolean): void {
    const code = 'NetStream.Publish.Start';
    const description = 'The stream is published.';
    if (answersFcPublish) this.sendInvokeMessage(0, { cmd: 'onFCPublish', transId: 0, cmdObj: null, info: { level: 'status', code, description } });
    this.sendStatusMessage(streamId, 'status', code, description);
  }

  sendStatus(streamId: number, level: 'status' | 'error', code: string, description: string): void {
    this.sendStatusMessage(streamId, level, code, ascii(description));
  }

  answerPing(value: number): void {
    this.sendStreamStatus(PING_RESPONSE, value);
  }
}

/**
 * Reads a command message.
 * @throws {RtmpInvalid} when it is not AMF0, is cut short or has no name.
 */
export function readCommand(type: number, payload: Buffer, maxDepth: number): RtmpCommand {
  const [name, transactionId, object, ...args] = decodeAmf0(type === MESSAGE.commandAmf3 ? withoutAmf3Switch(payload) : payload, maxDepth);
  if (typeof name !== 'string') throw new RtmpInvalid('command has no name');
  return { name, transactionId: typeof transactionId === 'number' ? transactionId : 0, object, args };
}

/** What the encoder calls itself in its `onMetaData` message, if it does; metadata that cannot be read says nothing. */
export function findEncoderName(payload: Buffer, maxDepth: number): string | undefined {
  try {
    const metadata = decodeAmf0(payload, maxDepth).find((value) => value instanceof Map);
    return metadata && encoderText(metadata.get('encoder'));
  } catch {
    return undefined;
  }
}

/** Untrusted text, made fit for a log and a page. */
export function encoderText(value: AmfValue): string | undefined {
  return typeof value === 'string' ? value.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, MAX_ENCODER_LENGTH) : undefined;
}

/** Flash sends AMF0 in AMF3 command messages, behind one zero byte. */
function withoutAmf3Switch(payload: Buffer): Buffer {
  if (payload[0] !== 0) throw new RtmpInvalid('command is in AMF3; AMF0 expected');
  return payload.subarray(1);
}

/** The encoder below writes a string's length in characters, so only one-byte characters may go in. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** The encoder below writes an array with names, as Flash did, unless it carries this mark. */
function strictArray(values: string[]): string[] {
  return Object.defineProperty([...values], 'sarray', { value: true });
}

function abilities(fourCcs: string[]): Record<string, number> {
  return Object.fromEntries(fourCcs.map((fourCc) => [fourCc, CAN_DECODE + CAN_FORWARD]));
}
