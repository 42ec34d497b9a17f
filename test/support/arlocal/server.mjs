/**
 * A local Arweave node and gateway on a free port of 127.0.0.1: `node server.mjs <folder of its packages> <folder of its data>`.
 * It prints its port. Where arlocal is not as a real node, and a test would feel it, it is mended here.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

const [packages, dataFolder] = process.argv.slice(2);
const require = createRequire(path.join(packages, 'package.json'));
const { default: ArLocal } = require('arlocal');
const { BlockDB } = require('arlocal/bin/db/block');
const { ChunkDB } = require('arlocal/bin/db/chunks');
const { TransactionDB } = require('arlocal/bin/db/transaction');

/** Where the data of each root begin in the weave, as that of a real node, which gives chunks their place by the proof. */
const places = new Map();
let weaveBytes = 1;

/** arlocal puts chunks in the order of their arrival, one that comes twice too: data came back mixed up. */
ChunkDB.prototype.create = async function create({ chunk, data_root, data_size, data_path }) {
  if (await this.connection('chunks').where({ data_root, data_path }).first()) return;
  await this.connection('chunks').insert({
    id: `${data_root} ${data_path}`.slice(-64),
    chunk, data_root, data_size, data_path,
    offset: placeOf(data_root, Number(data_size)) + endOf(data_path) - lengthOf(chunk),
  });
};

/** Only when they are all there: arlocal serves data with holes in them, and unpacks such a bundle. */
ChunkDB.prototype.getRoot = async function getRoot(data_root) {
  // It asks in a loop without a pause while a bundle's chunks are on their way.
  await delay(20);
  const chunks = await this.connection('chunks').where({ data_root }).orderBy('offset');
  const sizeBytes = chunks.reduce((sum, { chunk }) => sum + lengthOf(chunk), 0);
  return sizeBytes === chunks[0]?.data_size ? chunks : [];
};

/** A real node has a transaction's place as soon as it is mined, whichever chunks are there. */
ChunkDB.prototype.getByRootAndSize = async (data_root, data_size) => ({ offset: placeOf(data_root, data_size) });

/** A real node finds a chunk by any offset in it. */
ChunkDB.prototype.getByOffset = async function getByOffset(offset) {
  const found = await this.connection('chunks').where('offset', '<=', offset).orderBy('offset', 'desc').first();
  return found && offset < found.offset + lengthOf(found.chunk) ? found : undefined;
};

/** Those to be unpacked, once their data are whole: a gateway does it then, though they were mined before. */
TransactionDB.prototype.getUnminedTxsRaw = function getUnminedTxsRaw() {
  const unpacked = this.connection('transactions').whereNot({ bundledIn: '' }).select('bundledIn');
  return this.connection('transactions').where({ bundledIn: '' }).whereNotIn('id', unpacked);
};

/** The time of a block is one of whole seconds in arlocal, so that the newest of several is any of them. */
const mine = BlockDB.prototype.mine;
let lastMs = 0;
BlockDB.prototype.mine = async function mineLater(...args) {
  const id = await mine.apply(this, args);
  lastMs = Math.max(Date.now(), lastMs + 1);
  await this.connection('blocks').where({ id }).update({ created_at: new Date(lastMs).toISOString() });
  return id;
};

const arlocal = new ArLocal({ port: 0, host: '127.0.0.1' }, false, dataFolder, true);
arlocal.app.use(answerAsRealNode);
await arlocal.start();
const server = arlocal.getServer();
if (!server.listening) await once(server, 'listening');
process.stdout.write(`port ${server.address().port}\n`);

/** Of transactions that came before, that nobody can pay, that wait to be mined, of data that are not there, and `/raw/<id>` as gateways have it. */
async function answerAsRealNode(ctx, next) {
  if (ctx.path.startsWith('/raw/')) return answerRaw(ctx);
  if (ctx.method === 'POST' && ctx.path === '/tx') {
    ctx.request.body = await json(ctx.req);
    if (await arlocal.connection('transactions').where({ id: ctx.request.body.id }).first()) {
      ctx.body = 'Transaction already processed.';
      ctx.status = 208;
      return;
    }
  }
  await next();
  if (ctx.body === 'Pending') ctx.status = 202;
  if (ctx.method === 'POST' && ctx.path === '/tx' && ctx.status === 410) {
    ctx.body = 'Transaction verification failed.';
    ctx.status = 400;
  }
  if (ctx.method === 'GET' && ctx.status === 204) ctx.status = 404;
}

/** The bytes of a transaction or item, also where `/<id>` is a file that it leads to. */
async function answerRaw(ctx) {
  const id = ctx.path.slice('/raw/'.length);
  const transaction = await arlocal.connection('transactions').where({ id }).first();
  if (!transaction) return;
  const text = await readFile(path.join(dataFolder, `data-${id}`), 'utf8').catch(() => '');
  const chunks = text === '' ? (await new ChunkDB(arlocal.connection).getRoot(transaction.data_root)).map(({ chunk }) => chunk) : [text];
  if (chunks.length > 0) ctx.body = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, 'base64url')));
}

function placeOf(root, sizeBytes) {
  if (!places.has(root)) {
    places.set(root, weaveBytes);
    weaveBytes += sizeBytes;
  }
  return places.get(root);
}

/** The end of a chunk within its data: the last number of its proof. */
function endOf(dataPath) {
  return Number(Buffer.from(dataPath, 'base64url').readBigUInt64BE(Buffer.byteLength(dataPath, 'base64url') - 8));
}

function lengthOf(chunk) {
  return Buffer.byteLength(chunk, 'base64url');
}
