import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CarReader } from '@ipld/car';
import { decode, code as dagPb } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import type { Cleanup } from './until.js';

/** A node that has answers of Kubo's RPC API: `version`, `id`, `dag/import`, `pin/ls`, `pin/rm`; and of its gateway, for blocks. */
export interface FakeKubo {
  url: string;
  /** By CID. */
  blocks: Map<string, Uint8Array>;
  pins: Set<string>;
  /** What was asked, such as `pin/ls`. */
  asked: string[];
  /** Of the last request. */
  authorization: string | undefined;
  /** Answers instead of the node; true when it did. */
  interfere: (command: string, response: ServerResponse) => boolean;
  /** Does not pin what it was sent, and says that it did. */
  isForgetful: boolean;
}

export async function openKubo(t: Cleanup): Promise<FakeKubo> {
  const kubo: FakeKubo = { url: '', blocks: new Map(), pins: new Set(), asked: [], authorization: undefined, interfere: () => false, isForgetful: false };
  const server = createServer((request, response) => void answer(kubo, request, response).catch((error: unknown) => fail(response, String(error))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  const address = server.address();
  kubo.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return kubo;
}

async function answer(kubo: FakeKubo, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', kubo.url);
  if (url.pathname.startsWith('/ipfs/')) {
    const block = kubo.blocks.get(url.pathname.replace('/ipfs/', ''));
    return void response.writeHead(block === undefined ? 404 : 200, { 'Content-Type': 'application/vnd.ipld.raw' }).end(block);
  }
  const command = url.pathname.replace('/api/v0/', '');
  kubo.asked.push(command);
  kubo.authorization = request.headers.authorization;
  if (kubo.interfere(command, response)) return;
  const arg = url.searchParams.get('arg')?.replace('/ipfs/', '') ?? '';
  if (request.method !== 'POST') return void response.writeHead(405).end();
  if (command === 'version') return send(response, { Version: '0.40.0', Commit: '', Repo: '18', System: 'amd64/linux', Golang: 'go1.25' });
  if (command === 'id') return send(response, { ID: '12D3KooWQnwEGNqcM2nAcPtRR9rAX8Hrg4k9kJLCHoTR5chJfz6d', PublicKey: '', Addresses: ['/ip4/203.0.113.7/tcp/4001'], AgentVersion: 'kubo/0.40.0', Protocols: [] });
  if (command === 'pin/ls') return kubo.pins.has(arg) ? send(response, { Cid: arg, Type: 'recursive', Name: '' }) : fail(response, `path '${arg}' is not pinned`);
  if (command === 'pin/rm') return kubo.pins.delete(arg) ? send(response, { Pins: [arg] }) : fail(response, 'not pinned or pinned indirectly');
  if (command === 'dag/import') return importCar(kubo, request, url.searchParams.get('pin-roots') === 'true', response);
  response.writeHead(404).end('404 page not found');
}

async function importCar(kubo: FakeKubo, request: IncomingMessage, isPinned: boolean, response: ServerResponse): Promise<void> {
  const car = await CarReader.fromBytes(partOf(await bodyOf(request), request.headers['content-type'] ?? ''));
  for await (const { cid, bytes } of car.blocks()) {
    const digest = createHash('sha256').update(bytes).digest();
    if (!digest.equals(cid.multihash.digest)) return fail(response, `mismatch in content integrity, name: ${cid.toString()}`);
    if (bytes.length > 1 << 20) return fail(response, 'produced block is over 1MiB');
    kubo.blocks.set(cid.toString(), bytes);
  }
  const [root] = await car.getRoots();
  if (root === undefined) return fail(response, 'no root');
  const missing = firstMissing(kubo, root);
  if (isPinned && missing === undefined && !kubo.isForgetful) kubo.pins.add(root.toString());
  send(response, { Root: { Cid: { '/': root.toString() }, PinErrorMsg: missing === undefined ? '' : `block was not found locally: ${missing}` } });
}

/** A block below a root that the node does not have. */
function firstMissing(kubo: FakeKubo, cid: CID): string | undefined {
  const bytes = kubo.blocks.get(cid.toString());
  if (bytes === undefined) return cid.toString();
  return cid.code === dagPb ? decode(bytes).Links.map(({ Hash }) => firstMissing(kubo, Hash)).find((one) => one !== undefined) : undefined;
}

/** The one file of a multipart body (RFC 7578). */
function partOf(body: Buffer, contentType: string): Buffer {
  const boundary = /boundary=([^;]+)/.exec(contentType)?.[1] ?? '';
  const end = body.lastIndexOf(`\r\n--${boundary}--`);
  if (end < 0) throw new Error('the body has no end');
  return body.subarray(body.indexOf('\r\n\r\n') + 4, end);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function fail(response: ServerResponse, message: string): void {
  response.writeHead(500, { 'Content-Type': 'application/json' }).end(JSON.stringify({ Message: message, Code: 0, Type: 'error' }));
}
