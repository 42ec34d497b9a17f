import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { AddressLimiter, AppError, parseBody, parseQuery } from '../../platform/index.js';
import type { Db } from '../../platform/index.js';
import type { Consent } from '../consent/consent.js';
import { findDeadLetter } from '../consent/queries.js';
import { ArchiveUnknown, DeadLetterUnknown } from '../errors.js';
import { TIERS } from '../queue/plan.js';
import type { Receipts } from './receipts.js';

/** Somebody who may do what was asked for. */
export interface ArchivePerson {
  /** Goes into the log. */
  username: string;
  channel: { id: string; slug: string };
}

export interface ReceiptsRoutesOptions {
  db: Db;
  receipts: Receipts;
  consent: Consent;
  people: {
    /** Throws for everybody but the channel's owner. */
    owner(slug: string, request: Request): Promise<ArchivePerson>;
    /** Throws for who is neither the channel's owner nor an admin. */
    manager(slug: string, request: Request): Promise<ArchivePerson & { isOwner: boolean }>;
    /** The same, and its moderators. */
    moderator(slug: string, request: Request): Promise<ArchivePerson>;
    /** Throws for who is no admin. */
    checkAdmin(request: Request): Promise<void>;
  };
  broadcasts: {
    /** Of the channel; undefined when there is no recording of it. */
    slugOf(id: string): Promise<string | undefined>;
    /** Throws for who may not see the recording, and when there is none. */
    checkReadable(id: string, request: Request): Promise<void>;
  };
  /** Ends a wallet's quarantine. */
  releaseWallet: (address: string) => void;
}

const changes = z.strictObject({
  isOn: z.boolean().optional(),
  tier: z.enum(TIERS).optional(),
  isEncrypted: z.boolean().optional(),
  holdHours: z.int().min(0).max(720).optional(),
  withChat: z.boolean().optional(),
  confirm: z.string().max(64).optional(),
});
const moment = z.int().min(0).max(1e12).nullable().default(null);
/** Postgres takes no NUL. */
const veto = z.strictObject({ fromMs: moment, toMs: moment, reason: z.string().trim().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be plain text in one line').min(1).max(500) })
  .refine(({ fromMs, toMs }) => fromMs === null || toMs === null || fromMs < toMs, 'must end after it begins');
/** Of a long show the files are megabytes, and who only wants to know whether it is stored needs none. */
const listing = z.object({ files: z.enum(['all', 'none']).default('all') }).transform(({ files }) => ({ withFiles: files === 'all' }));
const confirmed = z.strictObject({ confirm: z.string().max(64) });
const nothing = z.strictObject({}).optional();
const bundleId = z.uuid();
/** From one address: each asks a gateway for three prices, or reads all of a broadcast's files. */
const ESTIMATES_PER_MIN = 10;
/** From one address: a day's show has ten thousand files. Pages ask every five seconds while one moves. */
const READS_PER_MIN = 60;
/** From one address: each is a line in a log that is kept. */
const DECISIONS_PER_MIN = 30;

/** The permanent archive over HTTP: settings, receipts, decisions, the operator's view. Mounted at /api/v1. */
export function receiptsRoutes(options: ReceiptsRoutesOptions): Router {
  const router = Router();
  const decisions = new AddressLimiter({ attempts: DECISIONS_PER_MIN, windowSec: 60 });
  channelRoutes(router, options, decisions);
  readingRoutes(router, options);
  decisionRoutes(router, options, decisions);
  operatorRoutes(router, options);
  return router;
}

function channelRoutes(router: Router, { receipts, consent, people }: ReceiptsRoutesOptions, decisions: AddressLimiter): void {
  router.get('/channels/:slug/archive', async (request, response) => {
    const { channel } = await people.moderator(request.params.slug, request);
    response.json(receipts.settingsView(await consent.settings(channel.id)));
  });
  router.patch('/channels/:slug/archive', async (request, response) => {
    const { channel, username, isOwner } = await people.manager(request.params.slug, request);
    const wish = parseBody(changes, request);
    await decisions.take(request.ip);
    const { sent, ...settings } = isOwner ? await consent.change(channel, wish, username) : await consent.narrow(channel, wish, username);
    response.json({ ...receipts.settingsView(settings), sent });
  });
  router.get('/channels/:slug/archive/broadcasts', async (request, response) => {
    const { channel } = await people.moderator(request.params.slug, request);
    response.json({ archives: await receipts.list(channel.id) });
  });
}

function readingRoutes(router: Router, options: ReceiptsRoutesOptions): void {
  const { receipts, broadcasts, people } = options;
  const estimates = new AddressLimiter({ attempts: ESTIMATES_PER_MIN, windowSec: 60 });
  const reads = new AddressLimiter({ attempts: READS_PER_MIN, windowSec: 60 });
  router.get('/broadcasts/:id/receipts', async (request, response) => {
    const { id } = request.params;
    await reads.take(request.ip);
    // What everybody can fetch from Arweave may be named when the recording here is gone.
    const isGone = (await broadcasts.slugOf(id)) === undefined;
    const isOpen = isGone && z.uuid().safeParse(id).success && await isStoredOpenly(receipts, id);
    if (!isOpen) await broadcasts.checkReadable(id, request);
    response.type('json').send(await receipts.publicText(id, parseQuery(listing, request)));
  });
  router.get('/broadcasts/:id/archive', async (request, response) => {
    const { id } = request.params;
    await checked(options, id, request, people.moderator);
    response.json(await receipts.view(id));
  });
  router.get('/broadcasts/:id/archive/estimate', async (request, response) => {
    const { id } = request.params;
    await checked(options, id, request, people.moderator);
    await estimates.take(request.ip);
    response.json(await receipts.estimate(id));
  });
}

function decisionRoutes(router: Router, options: ReceiptsRoutesOptions, decisions: AddressLimiter): void {
  const { db, receipts, consent, people } = options;
  router.post('/broadcasts/:id/archive/veto', async (request, response) => {
    const { id } = request.params;
    const { username } = await checked(options, id, request, people.moderator);
    const wish = parseBody(veto, request);
    await decisions.take(request.ip);
    const sent = await consent.veto(id, wish, username);
    response.json({ ...await receipts.view(id), sent });
  });
  router.post('/broadcasts/:id/archive/release', async (request, response) => {
    const { id } = request.params;
    const { username } = await checked(options, id, request, people.owner);
    parseBody(nothing, request);
    await consent.release(id, username);
    response.json(await receipts.view(id));
  });
  router.post('/broadcasts/:id/archive/verify', async (request, response) => {
    const { id } = request.params;
    const { username } = await checked(options, id, request, people.moderator);
    parseBody(nothing, request);
    await decisions.take(request.ip);
    await consent.verify(id, username);
    response.status(202).json(await receipts.view(id));
  });
  router.post('/broadcasts/:id/archive/key', async (request, response) => {
    const { id } = request.params;
    const { username } = await checked(options, id, request, people.owner);
    parseBody(nothing, request);
    response.attachment(`${id}-archive-key.txt`).set('Cache-Control', 'no-store').type('text/plain').send(`${await consent.exportKey(id, username)}\n`);
  });
  router.post('/broadcasts/:id/archive/erase', async (request, response) => {
    const { id } = request.params;
    const { username } = await checked(options, id, request, people.manager);
    await consent.erase(id, parseBody(confirmed, request).confirm, username);
    response.json(await receipts.view(id));
  });
  router.post('/archive/dead-letters/:id/retry', async (request, response) => {
    const id = bundleId.safeParse(request.params.id).data;
    const letter = id === undefined ? undefined : await findDeadLetter(db, id);
    if (id === undefined || letter === undefined) throw new DeadLetterUnknown();
    const { username } = await people.manager(letter.slug, request);
    parseBody(nothing, request);
    await consent.retry(id, letter, username);
    response.json(await receipts.view(letter.broadcastId));
  });
}

function operatorRoutes(router: Router, { receipts, people, releaseWallet }: ReceiptsRoutesOptions): void {
  router.get('/admin/archive', async (request, response) => {
    await people.checkAdmin(request);
    response.json(await receipts.admin());
  });
  router.post('/admin/archive/wallets/:address/release', async (request, response) => {
    await people.checkAdmin(request);
    releaseWallet(request.params.address);
    response.json(await receipts.admin());
  });
}

/** Somebody who may decide about a broadcast. Whose recording is private is not told to those who may not even see it. */
async function checked<Person>(options: ReceiptsRoutesOptions, id: string, request: Request, find: (slug: string, request: Request) => Promise<Person>): Promise<Person> {
  try {
    return await find(await slugOf(options, id), request);
  } catch (error) {
    if (error instanceof AppError && error.status === 403) await options.broadcasts.checkReadable(id, request);
    throw error;
  }
}

/** The archive knows its channel when the recording is gone. @throws {ArchiveUnknown} */
async function slugOf({ receipts, broadcasts }: ReceiptsRoutesOptions, id: string): Promise<string> {
  const slug = await broadcasts.slugOf(id) ?? (z.uuid().safeParse(id).success ? (await receipts.find(id))?.slug : undefined);
  if (slug === undefined) throw new ArchiveUnknown();
  return slug;
}

async function isStoredOpenly(receipts: Receipts, id: string): Promise<boolean> {
  const card = await receipts.find(id);
  return card?.state === 'stored' && !card.isEncrypted;
}
