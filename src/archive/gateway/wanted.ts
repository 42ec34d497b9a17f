import type { Request } from 'express';
import { CID } from 'multiformats/cid';
import { CidInvalid, FormatUnknown, ParameterInvalid } from './errors.js';

export type Format = 'raw' | 'car' | 'plain';
export type Scope = 'block' | 'entity' | 'all';

/** Of a file, both ends included; negative: counted from its end. */
export interface ByteStretch {
  from: number;
  /** Undefined: up to the end. */
  to: number | undefined;
}

/** What a request asks for. */
export interface Wanted {
  root: CID;
  names: string[];
  format: Format;
  scope: Scope;
  stretch: ByteStretch | undefined;
  /** What it is to be saved as. */
  fileName: string | undefined;
}

export const RAW = 'application/vnd.ipld.raw';
export const CAR = 'application/vnd.ipld.car';
const FORMATS: ReadonlyMap<string, Format> = new Map([[RAW, 'raw'], [CAR, 'car'], ['raw', 'raw'], ['car', 'car']]);
/** One with 128 bytes in it has 210. Reading base58 takes time by the square of the length: 15,000 hold everybody up for a third of a second. */
const MAX_CID_LENGTH = 512;
const MAX_DEPTH = 8;
const STRETCH = /^(-?\d{1,15}):(-?\d{1,15}|\*)$/;

/** Reads a request for content (Trustless Gateway Specification). @throws {CidInvalid} {FormatUnknown} {ParameterInvalid} */
export function wantedBy(request: Request<{ cid: string; path?: string | string[] }>): Wanted {
  const format = formatOf(request);
  const stretch = format === 'car' ? stretchOf(request) : undefined;
  const fileName = textOf(request, 'filename');
  return {
    root: cidOf(request.params.cid),
    names: [request.params.path ?? []].flat().filter((name) => name !== '').slice(0, MAX_DEPTH),
    format,
    scope: format === 'car' ? scopeOf(request) : 'all',
    stretch,
    fileName: fileName ?? (textOf(request, 'download') === 'true' ? '' : undefined),
  };
}

function cidOf(text: string): CID {
  if (text.length > MAX_CID_LENGTH) throw new CidInvalid(text);
  try {
    return CID.parse(text).toV1();
  } catch (cause) {
    throw new CidInvalid(text, { cause });
  }
}

/** What is asked for by `?format=`, else what `Accept` likes best. */
function formatOf(request: Request): Format {
  const wanted = textOf(request, 'format');
  const accepted = wanted === undefined ? acceptedOf(request) : undefined;
  const format = wanted === undefined ? FORMATS.get(accepted?.type ?? '') ?? 'plain' : FORMATS.get(wanted);
  if (format === undefined) throw new FormatUnknown(wanted ?? '');
  const version = textOf(request, 'car-version') ?? accepted?.version ?? '1';
  if (format === 'car' && version !== '1') throw new ParameterInvalid('car-version', version, 'only version 1 is given');
  return format;
}

/** The first of those with the most weight (RFC 9110 §12.5.1), among what is given here. */
function acceptedOf(request: Request): { type: string; version: string | undefined } | undefined {
  const accepted = (request.get('Accept') ?? '').split(',').map((one) => {
    const [type = '', ...parameters] = one.split(';').map((part) => part.trim());
    const parameter = (name: string): string | undefined => parameters.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
    return { type: type.toLowerCase(), version: parameter('version'), weight: Number(parameter('q') ?? 1) };
  });
  return accepted.filter(({ type, weight }) => weight > 0 && (FORMATS.has(type) || type.includes('*'))).sort((a, b) => b.weight - a.weight)[0];
}

function scopeOf(request: Request): Scope {
  const scope = textOf(request, 'dag-scope') ?? 'all';
  if (scope !== 'block' && scope !== 'entity' && scope !== 'all') throw new ParameterInvalid('dag-scope', scope, 'it is block, entity or all');
  return scope;
}

function stretchOf(request: Request): ByteStretch | undefined {
  const text = textOf(request, 'entity-bytes');
  if (text === undefined) return undefined;
  const [, from, to] = STRETCH.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new ParameterInvalid('entity-bytes', text, 'it is from:to, where to may be *');
  return { from: Number(from), to: to === '*' ? undefined : Number(to) };
}

function textOf(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new ParameterInvalid(name, String(value), 'it may be given once');
}
