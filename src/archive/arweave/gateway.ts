import { z } from 'zod';
import { chunkData } from './data-chunks.js';
import type { DataChunk, DataChunks } from './data-chunks.js';
import { ArweaveFault } from './errors.js';
import { askGateway } from './gateway-request.js';
import type { GatewayAnswer, GatewayRequest } from './gateway-request.js';
import { refusedChunk, refusedTransaction } from './refusals.js';

export type TransactionStatus = { kind: 'unknown' } | { kind: 'pending' } | { kind: 'confirmed'; confirmations: number };

export interface ArweaveGatewayOptions {
  url: string;
  /** For one request with its answer; a minute when left out. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 64 << 10;
/** A chunk in base64url with its proofs. */
const MAX_CHUNK_ANSWER_BYTES = 1 << 20;

const winston = z.string().regex(/^\d{1,30}$/).transform(BigInt);
/** The hash of a block: 48 bytes. */
const anchorText = z.string().regex(/^[\w-]{64}$/);
const heightAnswer = z.object({ height: z.int().min(0) });
const confirmedAnswer = z.object({ number_of_confirmations: z.int().min(0) });
const offsetAnswer = z.object({ offset: winston, size: winston });
const chunkAnswer = z.object({ chunk: z.base64url() });
const header = z.object({ data_root: z.string(), data_size: z.string() });

/** An Arweave node, or a gateway before one, over HTTP. What it answers is not believed: checked in form, bounded in time and size. Every method throws {ArweaveFault}. */
export class ArweaveGateway {
  readonly url: string;
  readonly #timeoutMs: number;
  /** Of the data that is being posted: 128 chunks are not cut and hashed 128 times. */
  readonly #chunked = new WeakMap<Uint8Array, Promise<DataChunks>>();

  constructor(options: ArweaveGatewayOptions) {
    this.url = options.url;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Of storing so many bytes, now. */
  async price(sizeBytes: number): Promise<bigint> {
    return this.#readText(winston, { path: `/price/${sizeBytes}` });
  }

  /** What a transaction names to be mined soon, and the height of the chain: that of the anchor's block is not above it. */
  async anchor(): Promise<{ anchor: string; height: number }> {
    const anchor = await this.#readText(anchorText, { path: '/tx_anchor' });
    return { anchor, height: await this.height() };
  }

  async height(): Promise<number> {
    return (await this.#readJson(heightAnswer, { path: '/info' })).height;
  }

  async balance(address: string, signal?: AbortSignal): Promise<bigint> {
    return this.#readText(winston, { path: `/wallet/${address}/balance`, signal });
  }

  /** The same one as often as wanted: that the gateway has it already is success. */
  async postTransaction(json: string): Promise<void> {
    const answer = await this.#ask({ path: '/tx', body: json, maxBytes: MAX_ANSWER_BYTES + json.length });
    const refusal = refusedTransaction(this.#host, answer);
    if (refusal !== undefined) throw refusal;
  }

  /** The same one as often as wanted. @param data all of the transaction's @param number from 0 */
  async postChunk(json: string, data: Uint8Array, number: number): Promise<void> {
    const { dataRoot, chunks } = await this.#chunksOf(json, data);
    const chunk = chunks[number];
    if (chunk === undefined) throw new ArweaveFault('bug', `there are ${chunks.length} chunks, and no number ${number}`);
    const { offset, proof } = chunk;
    const body = JSON.stringify({ data_root: dataRoot, data_size: `${data.length}`, data_path: proof, offset: `${offset}`, chunk: base64Of(data, chunk) });
    const refusal = refusedChunk(this.#host, await this.#ask({ path: '/chunk', body, maxBytes: MAX_ANSWER_BYTES }));
    if (refusal !== undefined) throw refusal;
  }

  async status(id: string): Promise<TransactionStatus> {
    const path = `/tx/${id}/status`;
    const answer = await this.#ask({ path, maxBytes: MAX_ANSWER_BYTES });
    if (answer.status === 404 || answer.status === 410) return { kind: 'unknown' };
    // Nodes answer 202 and this word; some that stand in for one, 200.
    if (answer.status === 202 || answer.bytes.toString() === 'Pending') return { kind: 'pending' };
    return { kind: 'confirmed', confirmations: this.#parseJson(confirmedAnswer, path, answer).number_of_confirmations };
  }

  /**
   * Whether the gateway itself gives the first chunk, the last one and one between, with the right bytes.
   * A node knows where a transaction's chunks are once it is mined: before that, it is false for most.
   */
  async checkSeeded(json: string, data: Uint8Array): Promise<boolean> {
    const { chunks } = await this.#chunksOf(json, data);
    const start = await this.#startOf(z.object({ id: z.string() }).parse(JSON.parse(json)).id);
    if (start === undefined) return false;
    for (const number of new Set([0, Math.floor(chunks.length / 2), chunks.length - 1])) {
      const chunk = chunks[number];
      if (chunk !== undefined && (await this.#fetchChunk(start + BigInt(chunk.from))) !== base64Of(data, chunk)) return false;
    }
    return true;
  }

  /** The bytes of a data item or a transaction; undefined when they are not there. More than `maxBytes` is a fault. */
  async fetchData(id: string, maxBytes: number): Promise<Uint8Array | undefined> {
    // The bare address of a path manifest gives the file that is its index; plain nodes have only that.
    return (await this.#fetchBytes(`/raw/${id}`, maxBytes)) ?? this.#fetchBytes(`/${id}`, maxBytes);
  }

  async #fetchBytes(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const { status, bytes } = await this.#ask({ path, maxBytes: Math.max(maxBytes, MAX_ANSWER_BYTES) });
    // 202: its transaction is not mined yet, and the bytes are not here.
    if (status === 404 || status === 202) return undefined;
    if (status !== 200) throw this.#unexpected(path, status);
    if (bytes.length > maxBytes) throw new ArweaveFault('remote', `${this.#host} sends more than ${maxBytes} bytes for ${path}`, { answerStatus: status });
    return bytes;
  }

  /** Of a transaction in all that Arweave has ever stored; undefined before it is mined. */
  async #startOf(id: string): Promise<bigint | undefined> {
    const path = `/tx/${id}/offset`;
    const answer = await this.#ask({ path, maxBytes: MAX_ANSWER_BYTES });
    if (answer.status === 404) return undefined;
    const { offset, size } = this.#parseJson(offsetAnswer, path, answer);
    return offset - size + 1n;
  }

  async #fetchChunk(offset: bigint): Promise<string | undefined> {
    const path = `/chunk/${offset}`;
    const answer = await this.#ask({ path, maxBytes: MAX_CHUNK_ANSWER_BYTES });
    return answer.status === 404 || answer.status === 204 ? undefined : this.#parseJson(chunkAnswer, path, answer).chunk;
  }

  /** @throws {ArweaveFault} when the data is not what was signed: files that changed since would never be mined. */
  async #chunksOf(json: string, data: Uint8Array): Promise<DataChunks> {
    const known = this.#chunked.get(data) ?? chunkData(data);
    this.#chunked.set(data, known);
    const chunked = await known;
    const signed = header.parse(JSON.parse(json));
    if (signed.data_root !== chunked.dataRoot || signed.data_size !== `${data.length}`) throw new ArweaveFault('bug', 'the data is not what the transaction was signed for');
    return chunked;
  }

  async #readText<T>(schema: z.ZodType<T>, request: Omit<GatewayRequest, 'maxBytes'>): Promise<T> {
    const answer = await this.#ask({ ...request, maxBytes: MAX_ANSWER_BYTES });
    return this.#check(schema, request.path, answer, () => answer.bytes.toString().trim());
  }

  async #readJson<T>(schema: z.ZodType<T>, request: Omit<GatewayRequest, 'maxBytes'>): Promise<T> {
    return this.#parseJson(schema, request.path, await this.#ask({ ...request, maxBytes: MAX_ANSWER_BYTES }));
  }

  #parseJson<T>(schema: z.ZodType<T>, path: string, answer: GatewayAnswer): T {
    return this.#check(schema, path, answer, () => JSON.parse(answer.bytes.toString()));
  }

  #check<T>(schema: z.ZodType<T>, path: string, { status }: GatewayAnswer, read: () => unknown): T {
    if (status !== 200) throw this.#unexpected(path, status);
    try {
      return schema.parse(read());
    } catch (cause) {
      throw new ArweaveFault('remote', `${this.#host} answers ${path} with something that is not Arweave's`, { answerStatus: status, cause });
    }
  }

  #unexpected(path: string, status: number): ArweaveFault {
    return new ArweaveFault('remote', `${this.#host} answered ${status} to ${path}`, { answerStatus: status });
  }

  #ask(request: GatewayRequest): Promise<GatewayAnswer> {
    return askGateway(this.url, request, this.#timeoutMs);
  }

  /** Without path, and without a password: it goes into messages. */
  get #host(): string {
    return new URL(this.url).host;
  }
}

function base64Of(data: Uint8Array, { from, to }: DataChunk): string {
  return Buffer.from(data.buffer, data.byteOffset + from, to - from).toString('base64url');
}
