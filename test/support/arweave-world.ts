import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import { chunkData } from '../../src/archive/arweave/data-chunks.js';
import { ArweaveFault } from '../../src/archive/arweave/errors.js';
import { Wallet } from '../../src/archive/arweave/wallet-file.js';
import type { WalletState } from '../../src/archive/arweave/wallets.js';
import type { ArchiveNetwork, Gateway } from '../../src/archive/queue/network.js';

const header = z.object({ id: z.string(), reward: z.string(), owner: z.string(), data_root: z.string(), data_size: z.string(), last_tx: z.string() });

/** A transaction somewhere in the network. */
export interface WorldTransaction {
  id: string;
  rewardWinston: bigint;
  /** How often its header was posted. */
  posts: number;
  anchorHeight: number;
  minedAt: number | undefined;
  chunks: Map<number, Uint8Array>;
  sizeBytes: number;
}

export interface WorldCall {
  url: string;
  method: keyof Gateway;
  /** Whether the gateway has done it. */
  isDone: boolean;
  /** Of a chunk. */
  number?: number;
}

const PRICE_PER_BYTE = 1_000n;
const ANCHOR_LIFE = 50;
const OVERHEAD_BYTES = 32 + 32;
const POST = 'https://post.example';
const CHECK = 'https://check.example';

/** An Arweave of its own in memory: transactions are mined when the test says so, and each is charged once. Two gateways, one wallet. */
export class ArweaveWorld {
  height = 1_000;
  readonly transactions = new Map<string, WorldTransaction>();
  /** Before and after each request of a gateway; what it throws is the answer. */
  onCall: (call: WorldCall) => Promise<void> = async () => undefined;
  /** What a gateway gives for an item; the item itself when left out. */
  onFetch: (id: string, bytes: Uint8Array | undefined) => Uint8Array | undefined = (_id, bytes) => bytes;
  balanceWinston = 10n ** 13n;
  readonly failures: string[] = [];
  readonly network: ArchiveNetwork;
  readonly #wallet: Wallet;
  /** Of data that were cut already, and of bundles that are complete: a world of megabytes is asked for each of their chunks and items. */
  readonly #cut = new WeakMap<Uint8Array, ReturnType<typeof chunkData>>();
  readonly #items = new WeakMap<WorldTransaction, Map<string, Uint8Array>>();

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    this.#wallet = new Wallet(String(publicKey.export({ format: 'jwk' }).n), privateKey);
    this.network = { post: [this.gateway(POST)], check: [this.gateway(CHECK)], wallets: this.#wallets() };
  }

  /** What the wallet was charged for. */
  get mined(): WorldTransaction[] {
    return [...this.transactions.values()].filter(({ minedAt }) => minedAt !== undefined);
  }

  /** Everything that waits is mined, unless it is too old. */
  mine(blocks = 1): void {
    for (let i = 0; i < blocks; i++) {
      this.height += 1;
      for (const transaction of this.transactions.values()) {
        if (transaction.minedAt === undefined && this.height - transaction.anchorHeight <= ANCHOR_LIFE) transaction.minedAt = this.height;
      }
    }
  }

  /** The network forgets a transaction that was not mined. */
  drop(): void {
    for (const { id, minedAt } of this.transactions.values()) if (minedAt === undefined) this.transactions.delete(id);
  }

  gateway(url: string): Gateway {
    const call = async <T>(method: keyof Gateway, work: () => T | Promise<T>, number?: number): Promise<T> => {
      const place = { url, method, ...(number === undefined ? {} : { number }) };
      await this.onCall({ ...place, isDone: false });
      const answer = await work();
      await this.onCall({ ...place, isDone: true });
      return answer;
    };
    return {
      url,
      price: (sizeBytes) => call('price', () => BigInt(sizeBytes) * PRICE_PER_BYTE),
      anchor: () => call('anchor', () => ({ anchor: String(this.height).padStart(64, 'A'), height: this.height })),
      height: () => call('height', () => this.height),
      postTransaction: (json) => call('postTransaction', () => this.#post(json)),
      postChunk: (json, data, number) => call('postChunk', () => this.#postChunk(json, data, number), number),
      status: (id) => call('status', () => this.#status(id)),
      checkSeeded: (json) => call('checkSeeded', () => this.#dataOf(this.transactions.get(header.parse(JSON.parse(json)).id)) !== undefined),
      fetchData: (id) => call('fetchData', () => this.onFetch(id, this.#item(id))),
    };
  }

  /** An item that was posted and mined, as Arweave's gateways give it. */
  readBytes(id: string): Uint8Array | undefined {
    return this.#item(id);
  }

  read(id: string): string | undefined {
    const bytes = this.#item(id);
    return bytes && Buffer.from(bytes).toString();
  }

  async #post(json: string): Promise<void> {
    const { id, reward, data_size, last_tx } = header.parse(JSON.parse(json));
    const known = this.transactions.get(id);
    if (known !== undefined) return void (known.posts += 1);
    const anchorHeight = Number(last_tx.replace(/^A+/, ''));
    if (this.height - anchorHeight > ANCHOR_LIFE) throw new ArweaveFault('remote', 'bad anchor');
    this.transactions.set(id, { id, rewardWinston: BigInt(reward), posts: 1, anchorHeight, minedAt: undefined, chunks: new Map(), sizeBytes: Number(data_size) });
  }

  async #postChunk(json: string, data: Uint8Array, number: number): Promise<void> {
    const { id, data_root } = header.parse(JSON.parse(json));
    const cut = this.#cut.get(data) ?? chunkData(data);
    this.#cut.set(data, cut);
    const { dataRoot, chunks } = await cut;
    if (dataRoot !== data_root) throw new ArweaveFault('bug', 'the data is not what the transaction was signed for');
    const transaction = this.transactions.get(id);
    if (transaction === undefined) throw new ArweaveFault('remote', 'data_root_not_found');
    const chunk = chunks[number];
    if (chunk !== undefined) transaction.chunks.set(chunk.from, data.slice(chunk.from, chunk.to));
  }

  #status(id: string): Awaited<ReturnType<Gateway['status']>> {
    const transaction = this.transactions.get(id);
    if (transaction === undefined) return { kind: 'unknown' };
    return transaction.minedAt === undefined ? { kind: 'pending' } : { kind: 'confirmed', confirmations: this.height - transaction.minedAt + 1 };
  }

  #item(id: string): Uint8Array | undefined {
    for (const transaction of this.mined) {
      const item = this.#itemsOf(transaction)?.get(id);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  #itemsOf(transaction: WorldTransaction): Map<string, Uint8Array> | undefined {
    const known = this.#items.get(transaction);
    const data = known === undefined ? this.#dataOf(transaction) : undefined;
    if (data === undefined) return known;
    const items = itemsOf(data);
    this.#items.set(transaction, items);
    return items;
  }

  #dataOf(transaction: WorldTransaction | undefined): Buffer | undefined {
    if (transaction?.minedAt === undefined) return undefined;
    const data = Buffer.concat([...transaction.chunks].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
    return data.length === transaction.sizeBytes ? data : undefined;
  }

  #wallets(): ArchiveNetwork['wallets'] {
    const state = (): WalletState => ({ address: this.#wallet.address, balanceWinston: this.balanceWinston.toString(), state: this.balanceWinston === 0n ? 'empty' : 'ok', reason: null, since: null });
    return {
      pick: (cost) => (this.balanceWinston >= cost ? this.#wallet : undefined),
      reportFailure: (_address, reason) => void this.failures.push(reason),
      reportSuccess: () => undefined,
      release: () => undefined,
      list: () => [state()],
    };
  }
}

/** The files of a bundle by their ids (ANS-104 §1.2, §1.3), read without the code that wrote them. */
function itemsOf(bundle: Buffer): Map<string, Uint8Array> {
  const count = Number(bundle.readBigUInt64LE(0));
  let at = 32 + count * OVERHEAD_BYTES;
  return new Map(Array.from({ length: count }, (_, i) => {
    const entry = 32 + i * OVERHEAD_BYTES;
    const sizeBytes = Number(bundle.readBigUInt64LE(entry));
    const item = bundle.subarray(at, at + sizeBytes);
    at += sizeBytes;
    return [bundle.subarray(entry + 32, entry + 64).toString('base64url'), dataOf(item)];
  }));
}

/** Behind kind, signature, key, two flags, and the tags. */
function dataOf(item: Buffer): Uint8Array {
  const tagsAt = 2 + 64 + 32 + 2;
  return item.subarray(tagsAt + 16 + Number(item.readBigUInt64LE(tagsAt + 8)));
}
