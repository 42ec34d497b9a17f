import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as dagCbor from '@ipld/dag-cbor';
import { createLink, createNode, encode, code as dagPb, prepare } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import t from 'tap';
import { runVerify } from '../../src/archive/index.js';
import { blockCid } from '../../src/archive/cid/unixfs-tree.js';
import { readCar } from '../../src/archive/manifest/car-blocks.js';
import { readBlock } from '../../src/archive/manifest/manifest-body.js';
import { checkChain } from '../../src/archive/manifest/manifest-chain.js';
import { carBlock, carHead } from '../../src/archive/manifest/manifest-file.js';
import { GatewayBlocks } from '../../src/archive/verify/gateway-blocks.js';
import { verifyContent } from '../../src/archive/verify/verify-content.js';
import { ManifestMaker } from '../support/signed-manifest.js';
import type { Cleanup } from '../support/until.js';

const SIGNED = '11111111-1111-4111-8111-111111111111';
const ASKED = '22222222-2222-4222-8222-222222222222';
const BYTES = Buffer.from('what was signed');

/** What `tidemark verify` says. */
async function verify(target: string, options: { key?: string; manifest?: string; gateways?: string[] } = {}): Promise<{ code: number; text: string }> {
  let text = '';
  const code = await runVerify({ target, ...options, isJson: false, out: { write: (piece) => { text += piece; } }, progress: { write: () => undefined } });
  return { code, text };
}

/** A manifest with its end, of one segment. */
function signedOnce(changes: Parameters<ManifestMaker['sign']>[1] = {}): ManifestMaker {
  const maker = new ManifestMaker();
  maker.sign([{ number: 0, bytes: BYTES }], { isFinal: true, ...changes });
  return maker;
}

async function folderWith(t: Cleanup, manifest: Uint8Array): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-hostile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(path.join(folder, 'copy/source'), { recursive: true });
  await writeFile(path.join(folder, 'copy/manifest.car'), manifest);
  return path.join(folder, 'copy');
}

async function listen(t: Cleanup, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/** Blocks that somebody made, and a gateway that gives them. */
class Weave {
  readonly blocks = new Map<string, Uint8Array>();

  add(bytes: Uint8Array, codec: number = dagPb): CID {
    const cid = blockCid(codec, bytes);
    this.blocks.set(cid.toString(), bytes);
    return cid;
  }

  folder(entries: [string, CID][]): CID {
    return this.add(encode(prepare(createNode(new UnixFS({ type: 'directory' }).marshal(), entries.map(([name, cid]) => createLink(name, 1, cid))))));
  }

  file(parts: CID[]): CID {
    return this.add(encode(createNode(new UnixFS({ type: 'file', blockSizes: parts.map(() => 1n) }).marshal(), parts.map((cid) => createLink('', 1, cid)))));
  }

  async open(t: Cleanup): Promise<string> {
    return listen(t, (request, response) => {
      const bytes = this.blocks.get(/ipfs\/([^?]+)/.exec(request.url ?? '')?.[1] ?? '');
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    });
  }
}

t.test('a folder that somebody else packed', async (t) => {
  t.test('pipes, devices and folders are no files of it', async (t) => {
    const copy = await folderWith(t, signedOnce().car());
    const segment = path.join(copy, 'source/0.m4s');
    execFileSync('mkfifo', [segment]);
    t.match(await verify(copy), { code: 1, text: /source\/0\.m4s is missing/ }, 'a pipe that nobody writes to');
    await rm(segment);
    await symlink('/dev/zero', segment);
    t.match(await verify(copy), { code: 1, text: /source\/0\.m4s is missing/ }, 'a device');
    await rm(segment);
    await mkdir(segment);
    t.match(await verify(copy), { code: 1, text: /source\/0\.m4s is missing/ }, 'a folder');
  });

  t.test('a manifest that is none', async (t) => {
    const copy = await folderWith(t, signedOnce().car());
    const file = path.join(copy, 'manifest.car');
    for (const target of ['/dev/zero', path.join(copy, '../outside.car')]) {
      await writeFile(path.join(copy, '../outside.car'), signedOnce().car());
      await rm(file);
      await symlink(target, file);
      await t.rejects(verify(copy), { name: 'CopyUnreadable', message: /has no manifest\.car/ }, target);
    }
    await rm(file);
    execFileSync('mkfifo', [file]);
    await t.rejects(verify(copy), { name: 'CopyUnreadable' }, 'a pipe');
    await rm(file);
    await writeFile(file, '');
    await truncate(file, 257 << 20);
    await t.rejects(verify(copy), { name: 'CopyUnreadable', message: /at most/ }, 'more than any manifest has');
  });

  t.test('millions of empty blocks and of wrong entries are not read to their end', async (t) => {
    const [block] = signedOnce().blocks;
    if (block === undefined) throw new Error('one is signed');
    const many = Buffer.concat([carHead(block.cid), Buffer.alloc(5_000_000, Buffer.from([4, 1, 0x55, 0, 0]))]);
    t.equal(readCar(many).blocks.length, 1, 'what follows a block that can be none does not count');
    const wrong = withNumbers(block.bytes, 300_000);
    t.throws(() => checkChain([wrong]), { name: 'ManifestBroken', cause: { issues: { length: 1 } } }, 'one reason is enough');
    t.match(await verify(await folderWith(t, Buffer.concat([carHead(block.cid), carBlock({ cid: block.cid, bytes: wrong })]))), { code: 1, text: /block 0 of the manifest cannot be read/ });
    const long = await folderWith(t, Buffer.concat([carHead(block.cid), carBlock({ cid: block.cid, bytes: Buffer.alloc(33 << 20) })]));
    t.match(await verify(long), { code: 1, text: /block 0 of the manifest cannot be read/ });
  });
});

t.test('a server that answers for another', async (t) => {
  t.test('with a show that was signed, but is not the one that was asked for', async (t) => {
    const maker = signedOnce();
    const url = await listen(t, (request, response) => void response.end(request.url?.endsWith('/manifest') ? maker.car() : BYTES));
    t.match(await verify(`${url}/recordings/${SIGNED}`, { key: maker.key }), { code: 0 });
    t.match(await verify(`${url}/recordings/${ASKED}`, { key: maker.key }), { code: 1, text: /is of the broadcast 1111.*, not of 2222/ });
  });

  t.test('by sending to other hosts', async (t) => {
    let asked = 0;
    const inside = await listen(t, (_, response) => {
      asked += 1;
      response.end('private');
    });
    let location = `${inside.replace('127.0.0.1', 'localhost')}/secret`;
    const url = await listen(t, (_, response) => void response.writeHead(302, { location }).end());
    await t.rejects(verify(`${url}/recordings/${ASKED}`), { name: 'CopyUnreadable', message: /sends to http:\/\/localhost/ });
    t.equal(asked, 0, 'the other host heard nothing');
    location = 'file:///etc/passwd';
    await t.rejects(verify(`${url}/recordings/${ASKED}`), { name: 'CopyUnreadable', message: /sends to file:/ });
    location = '/again';
    await t.rejects(verify(`${url}/recordings/${ASKED}`), { name: 'CopyUnreadable', message: /more than 3 times/ });
  });

  t.test('with errors whose text never ends', async (t) => {
    const maker = new ManifestMaker();
    maker.sign(Array.from({ length: 40 }, (_, number) => ({ number, bytes: Buffer.from(`segment ${number}`) })), { isFinal: true });
    let [open, most] = [0, 0];
    const url = await listen(t, (request, response) => {
      if (request.url?.endsWith('/manifest')) return void response.end(maker.car());
      most = Math.max(most, ++open);
      const timer = setInterval(() => response.write(Buffer.alloc(1 << 16)), 5);
      response.writeHead(404).on('close', () => {
        open -= 1;
        clearInterval(timer);
      });
    });
    t.match(await verify(`${url}/recordings/${SIGNED}`), { code: 1, text: /0 of 40 are as signed/ });
    t.ok(most < 10, `what is not read is closed: ${most} were open`);
  });
});

t.test('content whose maker is hostile', async (t) => {
  t.test('a folder that has other files than were signed', async (t) => {
    const weave = new Weave();
    const [good, bad] = [weave.add(BYTES, raw.code), weave.add(Buffer.from('something else'), raw.code)];
    const gateways = [await weave.open(t)];
    const check = async (folder: CID) => {
      const manifest = path.join(await folderWith(t, signedOnce({ folder }).car()), 'manifest.car');
      return verify(folder.toString(), { gateways, manifest });
    };
    t.match(await check(weave.folder([['source', weave.folder([['0.m4s', good]])]])), { code: 0 }, 'as signed');
    t.match(await check(weave.folder([['source', weave.folder([['0.m4s', bad]])]])), { code: 1, text: /source\/0\.m4s is in the folder as/ }, 'another file under the name');
    t.match(await check(weave.folder([['more.mp4', bad], ['source', weave.folder([['0.m4s', good]])]])), { code: 1, text: /more\.mp4 is in the folder/ }, 'one more file');
    t.match(await check(new Weave().folder([['source', good]])), { code: 1 }, 'a folder that nobody has');
  });

  t.test('names that a terminal would obey', async (t) => {
    const weave = new Weave();
    const gone = blockCid(raw.code, Buffer.from('gone'));
    const { code, text } = await verify(weave.folder([['\u001b]0;mine\u0007\u009b2J\ntrue: \u202eeurt', gone]]).toString(), { gateways: [await weave.open(t)] });
    t.equal(code, 1);
    t.notMatch(text, /[^\P{C}\n]/u);
    t.equal(text.split('\n').length, 5, 'a name has no line of its own');
  });

  t.test('trees without end', async (t) => {
    const weave = new Weave();
    const leaf = weave.add(Buffer.from('leaf'), raw.code);
    let [wideFile, wideFolder, deep] = [leaf, leaf, leaf];
    for (let i = 0; i < 12; i++) [wideFile, wideFolder] = [weave.file(Array.from({ length: 20 }, () => wideFile)), weave.folder([['a', wideFolder], ['b', wideFolder]])];
    for (let i = 0; i < 5_000; i++) deep = weave.file([deep]);
    const url = await weave.open(t);
    for (const cid of [wideFile, wideFolder]) await t.rejects(verifyContent(new GatewayBlocks([url], { maxBlocks: 500 }), cid), { name: 'CopyUnreadable', message: /more than 500 blocks/ });
    await t.rejects(verify(deep.toString(), { gateways: [url] }), { name: 'CopyUnreadable', message: /16 levels deep/ });
  });
});

/** A block that lists so many numbers where its segments should be. */
function withNumbers(block: Uint8Array, count: number): Uint8Array {
  const { body, bodyBytes: _, ...rest } = readBlock(block);
  return dagCbor.encode({ ...rest, body: dagCbor.encode({ ...body, segments: Array.from({ length: count }, () => 0) }) });
}
