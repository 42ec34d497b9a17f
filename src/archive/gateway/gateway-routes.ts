import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { Request, Response } from 'express';
import type { CID } from 'multiformats/cid';
import { crossOrigin, setStretch, wantedStretch } from '../../platform/index.js';
import type { BlockStore } from '../blocks/block-store.js';
import type { StoredBlock } from '../blocks/queries.js';
import { carBlock, carHead } from '../manifest/manifest-file.js';
import { CarTurns } from './car-turns.js';
import { BlockUnknown, IsFolder, NotHere } from './errors.js';
import { linksOf, resolvePath, walk, walkStretch } from './unixfs.js';
import { CAR, RAW, wantedBy } from './wanted.js';
import type { Wanted } from './wanted.js';

/** What a CID names never changes, and yet its owner may make it private or delete it. */
const KEPT = 'public, max-age=60';
const TYPES: Record<string, string> = { m3u8: 'application/vnd.apple.mpegurl', m4s: 'video/iso.segment', mp4: 'video/mp4', json: 'application/json', jsonl: 'application/jsonl' };

/** What was found: the block at the end of the path, and those on the way to it. */
interface Found {
  block: StoredBlock;
  way: StoredBlock[];
}

/**
 * `/ipfs/<cid>[/path]`: the trustless gateway of IPFS (specs.ipfs.tech/http-gateways/trustless-gateway) for what this server
 * recorded: blocks, CAR files, and the bytes of files with ranges.
 */
export function gatewayRoutes({ store, corsOrigin }: { store: BlockStore; corsOrigin: string }): Router {
  const router = Router();
  const turns = new CarTurns();
  router.use('/ipfs', crossOrigin({ origin: corsOrigin, headers: ['Range', 'Accept', 'If-None-Match'] }));
  router.get('/ipfs/:cid{/*path}', async (request, response) => {
    const wanted = wantedBy(request);
    if (wanted.format === 'car' && request.method === 'GET') response.once('close', turns.begin(request.ip));
    const found = await find(store, wanted, request);
    const roots = [...found.way, found.block].map(({ cid }) => cid.toString());
    response.set({
      'Cache-Control': KEPT, ETag: etagOf(found.block, wanted), Vary: 'Accept', 'X-Content-Type-Options': 'nosniff',
      'X-Ipfs-Path': `/ipfs/${[wanted.root.toString(), ...wanted.names.map(encodeURIComponent)].join('/')}`, 'X-Ipfs-Roots': roots.join(','),
      // What people sent is shown by no browser as a page of this site.
      'Content-Security-Policy': "default-src 'none'; sandbox",
    });
    if (isKnown(request, response)) return void response.status(304).end();
    if (wanted.format === 'raw') await sendRaw(store, found.block, { wanted, request, response });
    else if (wanted.format === 'car') await sendCar(store, found, { wanted, request, response });
    else await sendFile(store, found.block, { wanted, request, response });
  });
  return router;
}

interface Exchange {
  wanted: Wanted;
  request: Request;
  response: Response;
}

/** @throws {BlockUnknown} {PathUnknown} {NotHere} */
async function find(store: BlockStore, { root, names }: Wanted, request: Request): Promise<Found> {
  try {
    return await resolvePath(store, root, names);
  } catch (error) {
    const isLocalOnly = /\bonly-if-cached\b/.test(request.get('Cache-Control') ?? '');
    throw error instanceof BlockUnknown && isLocalOnly ? new NotHere() : error;
  }
}

/** Whoever has it needs it no more, even if asked to look again: it cannot have changed. Tags are compared as weak ones (RFC 9110 §13.1.2). */
function isKnown(request: Request, response: Response): boolean {
  const weak = (tag: string): string => tag.trim().replace(/^W\//, '');
  const known = (request.get('If-None-Match') ?? '').split(',').map(weak);
  return known.includes('*') || known.includes(weak(response.get('ETag') ?? ''));
}

function etagOf({ cid }: StoredBlock, { root, names, format, scope, stretch }: Wanted): string {
  if (format === 'plain') return `"${cid.toString()}"`;
  if (format === 'raw') return `"${cid.toString()}.raw"`;
  // The way there is in the file as well.
  const way = names.length === 0 ? '' : `${root.toString()}.`;
  return `W/"${way}${cid.toString()}.car.${stretch === undefined ? scope : `${stretch.from}-${stretch.to ?? ''}`}"`;
}

async function sendRaw(store: BlockStore, block: StoredBlock, { wanted, request, response }: Exchange): Promise<void> {
  const bytes = await store.read(block);
  const stretch = wantedStretch(request, response, bytes.length);
  setStretch(response, stretch, bytes.length);
  response.attachment(wanted.fileName || `${block.cid.toString()}.bin`).set('Content-Type', RAW);
  response.end(request.method === 'HEAD' ? undefined : bytes.subarray(stretch.start, stretch.end + 1));
}

async function sendCar(store: BlockStore, { block, way }: Found, { wanted: { root, scope, stretch, fileName }, request, response }: Exchange): Promise<void> {
  response.attachment(fileName || `${root.toString()}.car`).set({ 'Content-Type': `${CAR}; version=1; order=dfs; dups=y`, 'Accept-Ranges': 'none' });
  if (request.method === 'HEAD') return void response.end();
  const blocks = stretch === undefined ? walk(store, block, scope) : walkStretch(store, block, stretch);
  // A client that leaves in the middle is nothing to report.
  await pipeline(Readable.from(framesOf(root, await Promise.all(way.map(async (one) => ({ cid: one.cid, bytes: await store.read(one) }))), blocks)), response).catch(() => response.destroy());
}

async function* framesOf(root: CID, way: { cid: CID; bytes: Buffer }[], blocks: AsyncIterable<{ cid: CID; bytes: Buffer }>): AsyncGenerator<Uint8Array> {
  yield carHead(root);
  for (const block of way) yield carBlock(block);
  for await (const block of blocks) yield carBlock(block);
}

async function sendFile(store: BlockStore, block: StoredBlock, { wanted, request, response }: Exchange): Promise<void> {
  if (!block.isFile && block.bytes !== undefined && linksOf(block.cid, block.bytes).isFolder) throw new IsFolder();
  const stretch = wantedStretch(request, response, block.sizeBytes);
  setStretch(response, stretch, block.sizeBytes);
  const name = wanted.names.at(-1) ?? block.file ?? '';
  if (wanted.fileName !== undefined) response.attachment(wanted.fileName || name.split('/').at(-1));
  response.type(TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream');
  if (request.method === 'HEAD') return void response.end();
  await pipeline(store.open(block, stretch), response).catch(() => response.destroy());
}
