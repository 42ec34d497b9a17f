import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import type { AddressLimiter } from '../../platform/index.js';
import { BodyTypeRefused, MethodRefused, OfferMissing } from '../errors.js';
import type { IceServer } from './ice-links.js';
import { iceLinks } from './ice-links.js';
import type { Session } from './session.js';

export const OFFER_TYPE = 'application/sdp';
export const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';
export const ENDPOINT_METHODS = 'GET, HEAD, OPTIONS, POST';
export const SESSION_METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH';
/** Browsers offer 6 KiB; a longer body is refused with 413. */
const MAX_OFFER = '64kb';
const MAX_FRAGMENT = '16kb';
const PREFLIGHT_SEC = '86400';

/** What each answer of an endpoint and its sessions carries. */
export function allowOrigin(origin: string): RequestHandler {
  return (_request, response, next) => {
    response.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Methods': 'DELETE, GET, HEAD, OPTIONS, PATCH, POST',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
      'Access-Control-Expose-Headers': 'Accept-Patch, ETag, Link, Location, Retry-After',
      'Access-Control-Max-Age': PREFLIGHT_SEC,
      'Cross-Origin-Resource-Policy': origin === '*' ? 'cross-origin' : 'same-site',
      'Cache-Control': 'no-store',
    });
    next();
  };
}

/** RFC 9725 §4.1: neither an endpoint nor a session has a representation, so a GET succeeds without one. */
export const nothingHere: RequestHandler = (_request, response) => {
  response.status(204).end();
};

export function refuseMethod(allowed: string): RequestHandler {
  return (request, response, next) => {
    response.set('Allow', allowed);
    next(new MethodRefused(request.method, allowed));
  };
}

export function takeTurn(limiter: AddressLimiter): RequestHandler {
  return async (request, _response, next) => {
    await limiter.take(request.ip);
    next();
  };
}

/** The body of an offer, as {@link offerOf} reads it. */
export function readOffer(): RequestHandler[] {
  return [requireType(OFFER_TYPE), readText(OFFER_TYPE, MAX_OFFER)];
}

/** The body of an ICE fragment. */
export function readFragment(): RequestHandler[] {
  return [requireType(FRAGMENT_TYPE), readText(FRAGMENT_TYPE, MAX_FRAGMENT)];
}

/** @throws {OfferMissing} */
export function offerOf(request: Pick<Request, 'body'>): string {
  const text = textOf(request);
  if (text === '') throw new OfferMissing();
  return text;
}

export function answerEndpointOptions(response: Response, servers: IceServer[]): void {
  response.set({ Allow: ENDPOINT_METHODS, 'Accept-Post': OFFER_TYPE });
  sendLinks(response, servers);
  response.status(200).end();
}

export function answerSessionOptions(response: Response): void {
  response.set({ Allow: SESSION_METHODS, 'Accept-Patch': FRAGMENT_TYPE }).status(200).end();
}

/** 201 with the answer and the address of the new session (RFC 9725 §4.2). */
export function sendAnswer(response: Response, { session, answer, location, servers }: { session: Session; answer: string; location: string; servers: IceServer[] }): void {
  sendLinks(response, servers);
  response.set({ Location: location, ETag: session.etag, 'Accept-Patch': FRAGMENT_TYPE });
  sendText(response, 201, OFFER_TYPE, answer);
}

/** Gives a fragment to its session, and answers with what changed on our end (RFC 9725 §4.3). */
export async function patchSession(session: Session, request: Pick<Request, 'body' | 'get'>, response: Response): Promise<void> {
  const restarted = await session.patch(textOf(request), request.get('if-match'));
  if (restarted === undefined) return void response.status(204).end();
  response.set('ETag', restarted.etag);
  sendText(response, 200, FRAGMENT_TYPE, restarted.fragment);
}

/** An empty request passes: what it lacks is not the type. */
function requireType(type: string): RequestHandler {
  return (request, _response, next) => {
    const isEmpty = request.get('content-length') === '0';
    next(request.is(type) === false && !isEmpty ? new BodyTypeRefused(type) : undefined);
  };
}

/** Uncompressed only: SDP is small, and what unpacks is not. */
function readText(type: string, limit: string): RequestHandler {
  return express.text({ type, limit, inflate: false });
}

function textOf(request: Pick<Request, 'body'>): string {
  const body: unknown = request.body;
  return typeof body === 'string' ? body : '';
}

function sendLinks(response: Response, servers: IceServer[]): void {
  const links = iceLinks(servers);
  if (links.length > 0) response.setHeader('Link', links);
}

/** Not by `send`, which adds a charset: some clients compare the type as it is written. */
function sendText(response: Response, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response.status(status).set({ 'Content-Type': type, 'Content-Length': String(body.length) });
  response.end(body);
}
