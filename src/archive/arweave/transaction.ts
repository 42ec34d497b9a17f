import { createHash } from 'node:crypto';
import transactionModule from 'arweave/node/lib/transaction.js';
import { chunkData } from './data-chunks.js';
import type { Tag } from './data-item.js';

/** Whoever pays. */
export interface Payer {
  /** Base64url of the RSA modulus: the public key. */
  owner: string;
  /** RSA-PSS with SHA-256: another signature each time. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Everything about a transaction but its data. It is written down before it is posted: signed once more, it would be paid once more. */
export interface SignedTransaction {
  id: string;
  /** What is posted: the header, without data. */
  json: string;
  owner: string;
  rewardWinston: string;
  anchor: string;
  dataSizeBytes: number;
  chunks: number;
}

/** Signs for data to be stored (transaction format 2). @param options.anchor of the gateway: after 50 more blocks it cannot be mined any more */
export async function signTransaction(wallet: Payer, options: { data: Uint8Array; tags: Tag[]; anchor: string; rewardWinston: bigint }): Promise<SignedTransaction> {
  const { data, anchor, tags } = options;
  const { dataRoot, chunks } = await chunkData(data);
  const { owner } = wallet;
  const reward = options.rewardWinston.toString();
  const transaction = new transactionModule.default({ format: 2, last_tx: anchor, owner, reward, data_size: `${data.length}`, data_root: dataRoot });
  for (const { name, value } of tags) transaction.addTag(name, value);
  const signature = await wallet.sign(await transaction.getSignatureData());
  const id = createHash('sha256').update(signature).digest('base64url');
  transaction.setSignature({ id, owner, signature: Buffer.from(signature).toString('base64url') });
  return { id, json: JSON.stringify(transaction), owner, rewardWinston: reward, anchor, dataSizeBytes: data.length, chunks: chunks.length };
}
