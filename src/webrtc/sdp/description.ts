import { parse } from 'sdp-transform';
import { z } from 'zod';
import { OfferInvalid } from '../errors.js';

/** Players offer two or three; every one costs a section of the answer. */
const MAX_MEDIA = 16;
const MAX_LINE_CHARS = 2_000;

/** The parser turns what looks like a number into one, a mid or a ufrag too; that turns it back without loss. */
const text = z.union([z.string(), z.number()]).transform(String);
const uint = z.number().int().min(0);
const payloadType = uint.max(127, 'a payload type has seven bits');
/** RFC 8866 §9, `token`: what is echoed into the answer cannot break out of its line. */
const token = text.pipe(z.string().regex(/^[\w!#$%&'*+\-.^`{|}~]{1,64}$/, 'must be a token of at most 64 characters'));
const formats = text.transform((list) => list.trim()).pipe(z.string().regex(/^[\w\-+.*]+(?: [\w\-+.*]+)*$/, 'must list formats'));

const either = {
  direction: z.enum(['sendrecv', 'recvonly', 'sendonly', 'inactive']).optional(),
  setup: text.optional(),
  iceUfrag: text.optional(),
  icePwd: text.optional(),
  fingerprint: z.object({ type: text, hash: text }).optional(),
  /** Lines that the parser knows no form for, malformed ones among them. */
  invalid: z.array(z.object({ value: text })).default([]),
};

const media = z.object({
  ...either,
  type: token,
  port: uint.max(65_535),
  protocol: text,
  payloads: formats.optional(),
  mid: token.optional(),
  rtp: z.array(z.object({ payload: payloadType, codec: text, rate: z.unknown().optional(), encoding: z.unknown().optional() })),
  fmtp: z.array(z.object({ payload: payloadType, config: text })),
  rtcpFb: z.array(z.object({ payload: z.union([z.literal('*'), payloadType]), type: text, subtype: text.optional() })).default([]),
  ext: z.array(z.object({ value: uint.max(65_535), direction: text.optional(), 'encrypt-uri': text.optional(), uri: text })).default([]),
  ssrcs: z.array(z.object({ id: uint.max(0xffffffff), attribute: text, value: text.optional() })).default([]),
  ssrcGroups: z.array(z.object({ semantics: text, ssrcs: text })).default([]),
  rids: z.array(z.object({ id: text, direction: text })).default([]),
  simulcast: z.object({ dir1: text, list1: text, dir2: text.optional(), list2: text.optional() }).optional(),
  candidates: z.array(z.unknown()).default([]),
  rtcpMux: z.unknown().optional(),
  rtcpRsize: z.unknown().optional(),
  bundleOnly: z.unknown().optional(),
});

const description = z.object({
  ...either,
  version: z.literal(0, 'must be 0').optional(),
  origin: z.unknown().optional(),
  groups: z.array(z.object({ type: text, mids: text })).default([]),
  candidates: z.array(z.unknown()).default([]),
  extmapAllowMixed: z.unknown().optional(),
  media: z.array(media).max(MAX_MEDIA, `at most ${MAX_MEDIA} m-lines are read`),
});

export type Description = z.infer<typeof description>;
export type DescribedMedia = z.infer<typeof media>;

/**
 * Reads a session description, or a fragment of one, into checked types.
 * @throws {OfferInvalid} when it breaks its grammar, has a line of more than 2,000 characters or more than 16 m-lines.
 */
export function readDescription(sdp: string): Description {
  if (sdp.split(/\r\n|\r|\n/).some((line) => line.length > MAX_LINE_CHARS)) throw new OfferInvalid(`a line of SDP has at most ${MAX_LINE_CHARS} characters here`);
  const { data, error } = description.safeParse(parse(sdp));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new OfferInvalid(`this is not an SDP that can be read: ${issue?.path.join('.')}: ${issue?.message}`);
}
