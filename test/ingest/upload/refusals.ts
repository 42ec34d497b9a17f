import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { otherAccount, outcomeOf, sendChunk, sha256Of, viewUpload } from '../../support/uploading.js';

const problem = z.object({ code: z.string(), detail: z.string() });

interface Wish {
  length?: string;
  channel?: string;
  filename?: string;
  accessToken?: string;
}

function metadataOf(texts: Record<string, string>): string {
  return Object.entries(texts).map(([key, text]) => `${key} ${Buffer.from(text).toString('base64')}`).join(',');
}

async function create(app: RunningApp, { length = '1000', channel = 'ada', filename = 'film.mp4', accessToken = app.accessToken }: Wish): Promise<Response> {
  return fetch(`${app.url}/api/v1/uploads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'tus-resumable': '1.0.0', ...(length === '' ? {} : { 'upload-length': length }), 'upload-metadata': metadataOf({ channel, filename }) },
  });
}

async function patch(app: RunningApp, where: string, bytes: string, { offset = 0, accessToken = app.accessToken } = {}): Promise<Response> {
  return fetch(`${app.url}${where}`, {
    method: 'PATCH', body: bytes,
    headers: { authorization: `Bearer ${accessToken}`, 'tus-resumable': '1.0.0', 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
  });
}

async function codeOf(response: Response): Promise<string> {
  return `${response.status} ${problem.parse(await response.json()).code}`;
}

async function begun(app: RunningApp, wish: Wish = {}): Promise<string> {
  const response = await create(app, wish);
  t.equal(response.status, 201);
  return response.headers.get('location') ?? '';
}

t.test('uploads that are refused', async (t) => {
  const app = await startApp(t, { ingest: { upload: { maxGiB: 2 / 1024, maxUnfinished: 2, expireHours: 24, maxChunkMiB: 1, maxChunks: 10 } } });
  const eve = await otherAccount(app);

  await t.test('what may not be uploaded is refused before a byte of it comes', async (t) => {
    t.equal(await codeOf(await create(app, { accessToken: 'wrong' })), '401 unauthenticated');
    t.equal(await codeOf(await create(app, { accessToken: eve })), '403 channel_not_yours');
    t.equal(await codeOf(await create(app, { channel: 'nobody' })), '404 channel_unknown');
    t.equal(await codeOf(await create(app, { length: '0' })), '400 upload_empty');
    t.equal(await codeOf(await create(app, { length: String(3 * 2 ** 20) })), '413 upload_too_large');
    t.equal(await codeOf(await create(app, { length: '' })), '411 upload_length_missing');
    t.equal(await codeOf(await create(app, { length: '-1' })), '411 upload_length_missing');
    t.same(await readdir(path.join(app.config.mediaDir, 'uploads')), []);
  });

  await t.test('what is malformed is refused, and leaves nothing behind', async (t) => {
    const headers = { authorization: `Bearer ${app.accessToken}`, 'tus-resumable': '1.0.0', 'upload-length': '10' };
    const post = async (more: Record<string, string>): Promise<Response> => fetch(`${app.url}/api/v1/uploads`, { method: 'POST', headers: { ...headers, ...more } });
    t.equal(await codeOf(await post({})), '400 upload_metadata_malformed');
    t.equal(await codeOf(await post({ 'upload-metadata': 'channel *' })), '400 upload_metadata_malformed');
    t.equal((await post({ 'upload-metadata': metadataOf({ channel: 'ada' }), 'tus-resumable': '' })).status, 412);
    t.match(await (await app.api('GET', '/api/v1/channels/ada/uploads')).json(), { uploads: { length: 0 } });
  });

  await t.test('an upload is its maker\'s', async (t) => {
    const where = await begun(app);
    t.equal(await codeOf(await patch(app, where, 'x', { accessToken: eve })), '404 upload_unknown');
    t.equal((await fetch(`${app.url}${where}`, { method: 'HEAD', headers: { authorization: `Bearer ${eve}`, 'tus-resumable': '1.0.0' } })).status, 404);
    t.equal((await fetch(`${app.url}${where}`, { headers: { authorization: `Bearer ${eve}` } })).status, 404);
    t.equal((await fetch(`${app.url}${where}`, { method: 'DELETE', headers: { authorization: `Bearer ${eve}` } })).status, 404);
    t.equal((await fetch(`${app.url}/api/v1/channels/ada/uploads`, { headers: { authorization: `Bearer ${eve}` } })).status, 403);
    t.equal((await fetch(`${app.url}${where}`)).status, 401, 'nor is it served');
    t.equal((await patch(app, `/api/v1/uploads/${randomUUID()}`, 'x')).status, 404);
    t.equal((await patch(app, '/api/v1/uploads/..%2f..%2fdata', 'x')).status, 404, 'a path is no upload');
    const mine = await begun(app);
    t.equal((await patch(app, `${mine}?/${where.split('/').at(-1)}`, 'mine')).status, 204);
    t.match(await viewUpload(app, where.split('/').at(-1) ?? ''), { receivedBytes: 0 }, 'a query leads to no other');
    for (const one of [mine, where]) t.equal((await app.api('DELETE', one)).status, 204);
  });

  await t.test('bytes go where they belong, and no further', async (t) => {
    const where = await begun(app, { length: '10', filename: '../../etc/passwd' });
    t.equal((await patch(app, where, 'abcd')).status, 204);
    t.equal((await patch(app, where, 'wxyz')).status, 409, 'at an offset that has passed');
    t.equal((await patch(app, where, 'efghijklmno', { offset: 4 })).status, 413, 'more than announced');
    const id = where.split('/').at(-1) ?? '';
    t.match(await viewUpload(app, id), { state: 'receiving', receivedBytes: 4, sizeBytes: 10, fileName: '../../etc/passwd' });
    t.same((await readdir(path.join(app.config.mediaDir, 'uploads'))).sort(), [id, `${id}.json`], 'names are never paths');
    t.equal((await patch(app, where, 'efghij', { offset: 4 })).status, 204);
    t.match(await outcomeOf(app, id), { state: 'failed', problem: { code: 'file_not_media', message: 'this is no video or sound that can be read' } });
    t.equal(await codeOf(await patch(app, where, 'x', { offset: 10 })), '409 upload_closed');
    t.same(await readdir(path.join(app.config.mediaDir, 'uploads')), [], 'its bytes are gone');
    t.match(await (await app.api('GET', '/api/v1/channels/ada/uploads')).json(), { uploads: [{ id, state: 'failed', problem: { code: 'file_not_media' } }] });
    t.equal((await app.api('DELETE', where)).status, 204);
    t.equal((await app.api('GET', where)).status, 404);
  });

  await t.test('an account has so many at a time, and the disk keeps its reserve', async (t) => {
    const first = await begun(app);
    const second = await begun(app);
    t.equal(await codeOf(await create(app, {})), '409 uploads_too_many');
    t.equal((await app.api('DELETE', second)).status, 204);
    const third = await begun(app);
    for (const where of [first, third]) t.equal((await app.api('DELETE', where)).status, 204);
  });

  await t.test('chunks that are not what they say', async (t) => {
    const { id } = z.object({ id: z.string() }).parse(await (await app.api('POST', '/api/v1/broadcasts', { channel: 'ada', title: 'Phone' })).json());
    const bytes = Buffer.from('some bytes of a film');
    const other = Buffer.from('other bytes');
    t.equal(await codeOf(await sendChunk(app, id, 0, bytes, { sha256: sha256Of(other) })), '422 chunk_damaged');
    t.equal((await sendChunk(app, id, 0, bytes)).status, 201, 'a right one follows a wrong one');
    t.equal(await codeOf(await sendChunk(app, id, 0, other)), '409 chunk_taken');
    t.equal(await codeOf(await sendChunk(app, id, 1, Buffer.alloc(2 ** 20 + 1))), '413 chunk_too_large');
    t.equal(await codeOf(await sendChunk(app, id, 10, bytes)), '400 request_invalid', 'too many');
    t.equal(await codeOf(await sendChunk(app, id, -1, bytes)), '400 request_invalid');
    t.equal(await codeOf(await app.api('POST', `/api/v1/broadcasts/${id}/chunks?index=1`, {})), '400 chunk_hash_missing');
    t.equal((await fetch(`${app.url}/api/v1/broadcasts/${id}/chunks`, { headers: { authorization: `Bearer ${eve}` } })).status, 404);
    const full = Buffer.alloc(2 ** 20 - 100, 1);
    t.same([(await sendChunk(app, id, 1, full)).status, (await sendChunk(app, id, 2, full)).status], [201, 201]);
    t.equal(await codeOf(await sendChunk(app, id, 3, full)), '413 upload_too_large', 'too much in all');
    t.match(await (await app.api('GET', `/api/v1/broadcasts/${id}/chunks`)).json(), { state: 'receiving', chunks: [{ index: 0, sha256: sha256Of(bytes), sizeBytes: bytes.length }, { index: 1 }, { index: 2 }] });
    t.equal(await codeOf(await app.api('POST', `/api/v1/broadcasts/${id}/complete`, { chunks: 2 })), '409 chunks_surplus');
    t.same((await readdir(path.join(app.config.mediaDir, 'uploads', `${id}.chunks`))).filter((name) => name.endsWith('.part')), [], 'nothing half is left');
    t.equal((await app.api('DELETE', `/api/v1/uploads/${id}`)).status, 204);
  });

  await t.test('chunks that are files of their own are refused with the reason', async (t) => {
    const { id } = z.object({ id: z.string() }).parse(await (await app.api('POST', '/api/v1/broadcasts', { channel: 'ada' })).json());
    const file = Buffer.concat([Buffer.from('00000018', 'hex'), Buffer.from('ftypisom0000isom0000')]);
    for (const index of [0, 1]) t.equal((await sendChunk(app, id, index, Buffer.concat([file, Buffer.from([index])]))).status, 201);
    t.equal(await codeOf(await app.api('POST', `/api/v1/broadcasts/${id}/complete`, { chunks: 2 })), '422 chunks_are_files');
  });

  await t.test('a file in crumbs is refused', async (t) => {
    const { id } = z.object({ id: z.string() }).parse(await (await app.api('POST', '/api/v1/broadcasts', { channel: 'ada' })).json());
    for (const index of [0, 1]) t.equal((await sendChunk(app, id, index, Buffer.alloc(1000, index))).status, 201);
    t.equal(await codeOf(await app.api('POST', `/api/v1/broadcasts/${id}/complete`, { chunks: 2 })), '422 chunk_too_small');
  });
});
