import type { Request, Response } from 'express';
import { AppError } from '../errors.js';

/** The range asked for lies outside of the file; its size travels in Content-Range (RFC 9110 §15.5.17). */
export class RangeNotSatisfiable extends AppError {
  constructor(sizeBytes: number) {
    super('range_not_satisfiable', `the range lies outside of the ${sizeBytes} bytes of this file`, { status: 416 });
  }
}

/** What a request wants of a file: byte positions, both included. */
export interface Stretch {
  start: number;
  end: number;
  /** Less than the file was asked for. */
  isRange: boolean;
}

/**
 * One range is heeded; for several, or what is no range, the whole is sent (RFC 9110 §14.2).
 * @param response with the ETag, if the file has one.
 * @throws {RangeNotSatisfiable}
 */
export function wantedStretch(request: Request, response: Response, sizeBytes: number): Stretch {
  const whole = { start: 0, end: sizeBytes - 1, isRange: false };
  if (request.method !== 'GET' || !request.get('range')?.startsWith('bytes=')) return whole;
  // Who has the start of another file gets this one whole (RFC 9110 §13.1.5).
  const known = request.get('if-range');
  if (known !== undefined && known !== response.get('ETag')) return whole;
  const ranges = request.range(sizeBytes, { combine: true });
  if (ranges === -1) {
    response.set('Content-Range', `bytes */${sizeBytes}`);
    throw new RangeNotSatisfiable(sizeBytes);
  }
  const [range, ...others] = Array.isArray(ranges) ? ranges : [];
  return range === undefined || others.length > 0 ? whole : { ...range, isRange: true };
}

/** Says in the answer's head what of the file it is. */
export function setStretch(response: Response, { start, end, isRange }: Stretch, sizeBytes: number): void {
  response.set({ 'Accept-Ranges': 'bytes', 'Content-Length': String(end - start + 1) });
  if (isRange) response.status(206).set('Content-Range', `bytes ${start}-${end}/${sizeBytes}`);
}
