import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { Upload } from 'tus-js-client';
import { z } from 'zod';
import type { RunningApp } from './app.js';
import { until } from './until.js';

const run = promisify(execFile);

export const uploadView = z.object({
  id: z.string(), state: z.string(), title: z.string(), fileName: z.string(), sizeBytes: z.number(), receivedBytes: z.number(), progress: z.number(),
  recordingId: z.string().optional(), problem: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type UploadView = z.infer<typeof uploadView>;

/** Makes a file with FFmpeg; it goes with the test. */
export async function makeFile(t: Test, name: string, args: string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-upload-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, name);
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args, file]);
  return file;
}

/** Pictures that encoders cannot make small, a beep, and a key frame every two seconds. */
export function noisyVideo(options: { size: string; seconds: number; kbps: number }): string[] {
  const { size, seconds, kbps } = options;
  return [
    '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds},noise=alls=40:allf=t`, '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', `${kbps}k`, '-g', '50', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-movflags', '+faststart',
  ];
}

/** Sends a file by tus, and breaks the connection each time another share of it has arrived. Gives the id, and how often it was broken. */
export async function upload(app: RunningApp, file: string, options: { breakAtShares?: number[]; title?: string; accessToken?: string } = {}): Promise<{ id: string; breaks: number }> {
  const { size } = await stat(file);
  const left = [...(options.breakAtShares ?? [])];
  let url: string | undefined;
  for (let breaks = 0; ; breaks++) {
    const share = left.shift();
    const sent = await sendUpTo(app, file, { size, url, share, ...options });
    url = sent.url;
    if (sent.isWhole) return { id: url.split('/').at(-1) ?? '', breaks };
  }
}

interface Sending {
  size: number;
  url: string | undefined;
  share: number | undefined;
  title?: string;
  accessToken?: string;
}

function sendUpTo(app: RunningApp, file: string, { size, url, share, title, accessToken = app.accessToken }: Sending): Promise<{ url: string; isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    const sending: Upload = new Upload(createReadStream(file), {
      endpoint: `${app.url}/api/v1/uploads`,
      ...(url === undefined ? {} : { uploadUrl: url }),
      uploadSize: size,
      chunkSize: 2 * 1024 * 1024,
      retryDelays: [0, 100, 300], // a HEAD that overtakes the last bytes of a broken connection
      headers: { authorization: `Bearer ${accessToken}` },
      metadata: { channel: app.slug, filename: path.basename(file), ...(title === undefined ? {} : { title }) },
      onProgress: (bytes) => {
        if (share === undefined || bytes < share * size) return;
        share = undefined;
        void sending.abort().then(() => resolve({ url: sending.url ?? '', isWhole: false }), reject);
      },
      onSuccess: () => resolve({ url: sending.url ?? '', isWhole: true }),
      onError: reject,
    });
    sending.start();
  });
}

export async function viewUpload(app: RunningApp, id: string): Promise<UploadView> {
  return uploadView.parse(await (await app.api('GET', `/api/v1/uploads/${id}`)).json());
}

/** Waits until an upload is ready or has failed. */
export async function outcomeOf(app: RunningApp, id: string, deadlineMs = 120_000): Promise<UploadView> {
  return until(`the outcome of upload ${id}`, async () => {
    const view = await viewUpload(app, id);
    return ['ready', 'failed'].includes(view.state) ? view : undefined;
  }, deadlineMs);
}

export async function untilUpload(app: RunningApp, id: string, is: (view: UploadView) => boolean): Promise<UploadView> {
  return until(`a state of upload ${id}`, async () => {
    const view = await viewUpload(app, id);
    return is(view) ? view : undefined;
  }, 60_000);
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function sendChunk(app: RunningApp, id: string, index: number, bytes: Buffer, options: { sha256?: string } = {}): Promise<Response> {
  const digest = Buffer.from(options.sha256 ?? sha256Of(bytes), 'hex').toString('base64');
  return fetch(`${app.url}/api/v1/broadcasts/${id}/chunks?index=${index}`, {
    method: 'POST', body: Uint8Array.from(bytes), headers: { authorization: `Bearer ${app.accessToken}`, 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${digest}:` },
  });
}

/** A second account; gives its access token. */
export async function otherAccount(app: RunningApp): Promise<string> {
  const name = `eve${randomUUID().slice(0, 6)}`;
  const reply = await fetch(`${app.url}/api/v1/auth/register`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: name, email: `${name}@example.org`, password: 'correct horse' }),
  });
  return z.object({ accessToken: z.string() }).parse(await reply.json()).accessToken;
}
