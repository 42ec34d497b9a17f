import { Router } from 'express';
import type { Request } from 'express';
import { AddressLimiter } from '../platform/index.js';
import { ManifestUnknown } from './errors.js';
import { KeptTexts } from './kept-texts.js';
import type { SigningKeys } from './keys/signing-keys.js';
import { sealedBlock } from './manifest/manifest-block.js';
import { checkChain } from './manifest/manifest-chain.js';
import { carBlock, carHead } from './manifest/manifest-file.js';
import type { Manifests } from './manifest/manifests.js';

export interface ArchiveRoutesOptions {
  manifests: Manifests;
  keys: SigningKeys;
  channels: {
    /** Throws for a channel that does not exist. */
    get(slug: string): Promise<{ id: string }>;
    /** Throws for who is neither the owner nor an admin. */
    getManaged(slug: string, request: Request): Promise<{ id: string }>;
  };
  /** Throws for who may not see the broadcast. */
  checkAccess: (broadcastId: string, request: Request) => Promise<void>;
}

const CAR = 'application/vnd.ipld.car';
/** From one address. */
const READS_PER_MIN = 60;
/** A day's manifest has nine thousand signatures to check. */
const TEXTS_KEPT = 8;

/** `/broadcasts/:id/manifest` and `/channels/:slug/signing-key`. Mounted at /api/v1. */
export function archiveRoutes({ manifests, keys, channels, checkAccess }: ArchiveRoutesOptions): Router {
  const attempts = new AddressLimiter({ attempts: READS_PER_MIN, windowSec: 60 });
  const texts = new KeptTexts(TEXTS_KEPT);
  const router = Router();
  router.get('/broadcasts/:id/manifest', async (request, response) => {
    await checkAccess(request.params.id, request);
    const blocks = await manifests.find(request.params.id);
    if (blocks === undefined) throw new ManifestUnknown();
    response.vary('Accept');
    if (request.accepts(['json', CAR]) === CAR) response.attachment(`${request.params.id}.car`).set('Content-Type', CAR).send(carOf(blocks, firstOf(request)));
    else {
      const version = String(blocks.length);
      const known = texts.find(request.params.id, version);
      // Only what has to be checked anew costs something.
      if (known === undefined) await attempts.take(request.ip);
      response.type('json').send(known ?? texts.keep(request.params.id, version, JSON.stringify(viewOf(blocks))));
    }
  });
  router.get('/channels/:slug/signing-key', async (request, response) => {
    const { id } = await channels.get(request.params.slug);
    response.json({ key: (await keys.findDid(id)) ?? null });
  });
  router.post('/channels/:slug/signing-key/export', async (request, response) => {
    const { id } = await channels.getManaged(request.params.slug, request);
    response.attachment(`${request.params.slug}-signing-key.pem`).set('Content-Type', 'application/x-pem-file').send(await keys.export(id));
  });
  return router;
}

/** Who has the first blocks of a broadcast on air asks for those after them: `?from=12`. Anything else is all of it. */
function firstOf(request: Request): number {
  const from = Number(request.query['from'] ?? 0);
  return Number.isSafeInteger(from) && from > 0 ? from : 0;
}

/** Its root is the manifest's first block, however much of it is in there. */
function carOf(blocks: Uint8Array[], from: number): Buffer {
  const [first] = blocks;
  if (first === undefined) return Buffer.alloc(0);
  return Buffer.concat([carHead(sealedBlock(first).cid), ...blocks.slice(from).map((bytes) => carBlock(sealedBlock(bytes)))]);
}

/** For people and pages; who verifies takes the CAR, since only its bytes are signed. */
function viewOf(blocks: Uint8Array[]): object {
  const { head, folder, inits, segments, files, ...manifest } = checkChain(blocks);
  const listed = <T extends { cid: { toString(): string } }>(entries: T[]) => entries.map((entry) => ({ ...entry, cid: entry.cid.toString() }));
  return { ...manifest, head: head.toString(), folder: folder?.toString() ?? null, blocks: blocks.length, inits: listed(inits), segments: listed(segments), files: listed(files) };
}
