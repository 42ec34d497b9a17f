import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { makeBundle, makeDataItem } from '../arweave/data-item.js';
import type { DataItem, ItemSigner, Tag } from '../arweave/data-item.js';
import { ArweaveFault } from '../arweave/errors.js';
import { contentNameAside } from '../cid/content-hash.js';
import { encryptFile } from '../keys/archive-cipher.js';
import { PATH_MANIFEST } from './plan.js';
import type { ArchiveRow, BundleItem } from './queries.js';

export interface BundleMakerOptions {
  mediaDir: string;
  /** Signs for a channel. */
  signerOf: (channelId: string) => Promise<ItemSigner>;
  /** The key of an encrypted broadcast. */
  openKey: (sealedKey: string, broadcastId: string) => Uint8Array;
}

/** A file as it is posted. */
export interface MadeItem extends DataItem {
  name: string;
  /** Of what is posted for the file: ciphertext, when it is encrypted. */
  sha256: string;
}

type ItemFile = Pick<BundleItem, 'name' | 'cid' | 'content'> & Partial<Pick<BundleItem, 'itemId'>>;

const CONTENT_TYPES: Record<string, string> = {
  '.m3u8': 'application/vnd.apple.mpegurl', '.mp4': 'video/mp4', '.m4s': 'video/mp4', '.car': 'application/vnd.ipld.car', '.jsonl': 'application/x-ndjson',
};

/** Makes what is posted out of what is on the disk. The same each time, so that none of it has to be kept. */
export class BundleMaker {
  readonly #options: BundleMakerOptions;

  constructor(options: BundleMakerOptions) {
    this.#options = options;
  }

  /** @throws {ArweaveFault} when a file is gone, or is not what was signed */
  async items(archive: ArchiveRow, files: ItemFile[]): Promise<MadeItem[]> {
    const signer = await this.#options.signerOf(archive.channelId);
    const key = this.#keyOf(archive);
    const items: MadeItem[] = [];
    for (const file of files) items.push(await this.#item(archive, file, signer, key));
    return items;
  }

  /** The data of the bundle's transaction. @throws like `items`, and when it would be another one than was signed */
  async data(archive: ArchiveRow, files: ItemFile[]): Promise<Uint8Array> {
    return makeBundle(await this.items(archive, files));
  }

  async #item(archive: ArchiveRow, file: ItemFile, signer: ItemSigner, key: Uint8Array | undefined): Promise<MadeItem> {
    const plain = await this.#read(archive.broadcastId, file);
    const data = key === undefined ? plain : encryptFile(key, file.name, plain);
    const item = await makeDataItem(signer, { tags: key === undefined ? tagsOf(archive, file) : sealedTagsOf(archive, file), data });
    if (file.itemId !== undefined && file.itemId !== null && item.id !== file.itemId) throw new ArweaveFault('bug', `${file.name} is not the item that was signed`);
    return { ...item, name: file.name, sha256: Buffer.from(await webcrypto.subtle.digest('SHA-256', new Uint8Array(data))).toString('hex') };
  }

  async #read(broadcastId: string, { name, cid, content }: ItemFile): Promise<Uint8Array> {
    if (content !== null) return Buffer.from(content);
    const bytes = await readFile(path.join(this.#options.mediaDir, broadcastId, name)).catch((cause: unknown) => {
      throw new ArweaveFault('operator', `${name} cannot be read from the disk`, { cause });
    });
    if ((await contentNameAside([bytes])).cid.toString() !== cid) throw new ArweaveFault('operator', `${name} on the disk is not what was signed`);
    return bytes;
  }

  #keyOf({ isEncrypted, sealedKey, broadcastId }: ArchiveRow): Uint8Array | undefined {
    if (!isEncrypted) return undefined;
    if (sealedKey === null) throw new ArweaveFault('operator', 'the key of this archive was destroyed');
    return this.#options.openKey(sealedKey, broadcastId);
  }
}

function tagsOf({ broadcastId }: ArchiveRow, { name, cid }: ItemFile): Tag[] {
  const type = name === PATH_MANIFEST ? 'application/x.arweave-manifest+json' : CONTENT_TYPES[path.extname(name)] ?? 'application/octet-stream';
  return [
    { name: 'Content-Type', value: type },
    { name: 'App-Name', value: 'Tidemark' },
    { name: 'IPFS-CID', value: cid },
    { name: 'Broadcast', value: broadcastId },
    { name: 'File-Name', value: name },
  ];
}

/** Nothing in them says what is inside: a CID would tell whoever has the file that it was in here. */
function sealedTagsOf({ broadcastId }: ArchiveRow, { name }: ItemFile): Tag[] {
  return [
    { name: 'Content-Type', value: 'application/octet-stream' },
    { name: 'App-Name', value: 'Tidemark' },
    { name: 'Broadcast', value: broadcastId },
    { name: 'File-Name', value: `${name}.enc` },
  ];
}
