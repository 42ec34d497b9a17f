import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { Request, Response } from 'express';
import { CID } from 'multiformats/cid';
import { crossOrigin, setStretch, wantedStretch } from '../../platform/index.js';
import type { BlockStore } from '../blocks/block-store.js';
import type { StoredBlock } from '../blocks/queries.js';
import { carBlock, carHead } from '../manifest/manifest-file.js';
import { CidInvalid, FormatUnknown, IsFolder } from './errors.js';
import { linksOf, resolvePath, walk } from './unixfs.js';

type Format = 'raw' | 'car' | 'plain';
type Scope = 'block' | 'entity' | 'all';

const RAW = 'application/vnd.ipld.raw';
const CAR = 'application/vnd.ipld.car';
/** What a CID names never changes, and yet its owner may make it private or delete it. */
const KEPT = 'public, max-age=60';
const TYPES: Record<string, string> = { m3u8: 'application/vnd.apple.mpegurl', m4s: 'video/iso.segment', mp4: 'video/mp4', json: 'application/json' };
const MAX_DEPTH = 8;

/**
 * `/ipfs/<cid>[/path]`: the trustless gateway of IPFS (specs.ipfs.tech/http-gateways/trustless-gateway) for what this server
 * recorded: blocks, CAR files, and the bytes of files with ranges.
 */
export function gatewayRoutes({ store, corsOrigin }: { store: BlockStore; corsOrigin: string }): Router {
  const router = Router();
  router.use('/ipfs', crossOrigin({ origin: corsOrigin, headers: ['Range', 'Accept', 'If-None-Match'] }));
  router.get('/ipfs/:cid{/*path}', async (request, response) => {
    const root = cidOf(request.params.cid);
    const names = [request.params.path ?? []].flat().filter((name) => name !== '').slice(0, MAX_DEPTH);
    const format = formatOf(request);
    const { block, roots } = await resolvePath(store, root, names);
    response.set({
      'Cache-Control': KEPT, ETag: etagOf(block, format, scopeOf(request)), Vary: 'Accept', 'X-Content-Type-Options': 'nosniff',
      'X-Ipfs-Path': `/ipfs/${[root.toString(), ...names.map(encodeURIComponent)].join('/')}`, 'X-Ipfs-Roots': roots.map(String).join(','),
      // What people sent is shown by no browser as a page of this site.
      'Content-Security-Policy': "default-src 'none'; sandbox",
    });
    if (isKnown(request, response)) return void response.status(304).end();
    if (format === 'raw') await sendRaw(store, block, response);
    else if (format === 'car') await sendCar(store, block, scopeOf(request), request, response);
    else await sendFile(store, block, { request, response, name: names.at(-1) });
  });
  return router;
}

/** Whoever has it needs it no more, even if asked to look again: it cannot have changed. */
function isKnown(request: Request, response: Response): boolean {
  const known = (request.get('If-None-Match') ?? '').split(',').map((tag) => tag.trim());
  return known.includes('*') || known.includes(response.get('ETag') ?? '');
}

/** @throws {CidInvalid} */
function cidOf(text: string): CID {
  try {
    return CID.parse(text).toV1();
  } catch (cause) {
    throw new CidInvalid(text, { cause });
  }
}

/** What is asked for by `?format=`, else by `Accept`. @throws {FormatUnknown} */
function formatOf(request: Request): Format {
  const wanted = request.query['format'];
  if (wanted === 'raw' || wanted === 'car') return wanted;
  if (wanted !== undefined) throw new FormatUnknown(String(wanted));
  const accepted = (request.get('Accept') ?? '').split(',').map((type) => type.split(';')[0]?.trim());
  if (accepted.includes(RAW)) return 'raw';
  return accepted.includes(CAR) ? 'car' : 'plain';
}

function scopeOf(request: Request): Scope {
  const scope = request.query['dag-scope'];
  return scope === 'block' || scope === 'entity' ? scope : 'all';
}

function etagOf({ cid }: StoredBlock, format: Format, scope: Scope): string {
  if (format === 'plain') return `"${cid.toString()}"`;
  return format === 'raw' ? `"${cid.toString()}.raw"` : `W/"${cid.toString()}.car.${scope}"`;
}

async function sendRaw(store: BlockStore, block: StoredBlock, response: Response): Promise<void> {
  response.attachment(`${block.cid.toString()}.bin`).set('Content-Type', RAW).send(await store.read(block));
}

async function sendCar(store: BlockStore, block: StoredBlock, scope: Scope, request: Request, response: Response): Promise<void> {
  response.attachment(`${block.cid.toString()}.car`).set('Content-Type', `${CAR}; version=1; order=dfs; dups=y`);
  if (request.method === 'HEAD') return void response.end();
  const frames = async function* (): AsyncGenerator<Uint8Array> {
    yield carHead(block.cid);
    for await (const one of walk(store, block, scope)) yield carBlock(one);
  };
  // A client that leaves in the middle is nothing to report.
  await pipeline(Readable.from(frames()), response).catch(() => response.destroy());
}

async function sendFile(store: BlockStore, block: StoredBlock, { request, response, name }: { request: Request; response: Response; name: string | undefined }): Promise<void> {
  if (!block.isFile && block.bytes !== undefined && linksOf(block.cid, block.bytes).isFolder) throw new IsFolder();
  const stretch = wantedStretch(request, response, block.sizeBytes);
  setStretch(response, stretch, block.sizeBytes);
  response.type(TYPES[(name ?? block.file ?? '').split('.').at(-1) ?? ''] ?? 'application/octet-stream');
  if (request.method === 'HEAD') return void response.end();
  await pipeline(store.open(block, stretch), response).catch(() => response.destroy());
}
