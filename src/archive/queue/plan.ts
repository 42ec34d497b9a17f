import type { CID } from 'multiformats/cid';
import { initName, segmentName } from '../manifest/manifest-body.js';
import type { Manifest } from '../manifest/growing-chain.js';
import { MANIFEST_FILE } from '../manifest/manifest-file.js';

/** How much of a broadcast is stored for ever. */
export const TIERS = ['manifest', 'audio+360p', 'all'] as const;
export type Tier = (typeof TIERS)[number];

/** A file that is to be stored. */
export interface PlannedFile {
  /** `manifest.car`, or `720p/12.m4s`. */
  name: string;
  rendition: string | null;
  /** Of a segment. */
  number: number | null;
  /** On the broadcast's clock; null for what is no segment. */
  startUs: number | null;
  durationUs: number | null;
  cid: string;
  sizeBytes: number;
}

/** A rendition, as far as a tier chooses by it. */
export interface RenditionFacts {
  name: string;
  kind: 'video' | 'audio';
  /** Of the picture, pixels; 0 for audio. */
  shortSide: number;
}

/** What a show was made of, as far as it is planned by that. */
export interface ShowFacts {
  renditions: RenditionFacts[];
  /** Takes that stood in for the show while nobody sent it: no recording plays them. */
  slates: number[];
}

/** What a bundle has: the signed manifest, which waits for nothing; files; the rest with the path manifest, signed when the ids of all other items are known. */
export type BundleKind = 'manifest' | 'files' | 'last';

/** Files that go as one transaction. */
export interface CutBundle<File> {
  kind: BundleKind;
  files: File[];
}

/** A stretch of the broadcast's clock; null: from its start, to its end. */
export interface TimeRange {
  fromMs: number | null;
  toMs: number | null;
}

/** What was said, beside the segments. */
export const CHAT_FILE = 'chat.jsonl';
/** The item that names all others. */
export const PATH_MANIFEST = 'path-manifest.json';
/** One bundle is in memory at a time. */
export const MAX_BUNDLE_BYTES = 32 << 20;
/** What an item has beside its file: signature, key, tags, its place in the bundle; no less than it really is. */
export const ITEM_OVERHEAD_BYTES = 1_024;
/** The picture of the middle tier has this many pixels on its short side, or the next more. */
const SMALL_SIDE = 360;

/** The media that a tier stores, in the order of their times; the inits first. */
export function mediaOf(manifest: Pick<Manifest, 'inits' | 'segments'>, tier: Tier, { renditions, slates }: ShowFacts): PlannedFile[] {
  const isChosen = renditionsOf(tier, renditions);
  const wanted = ({ rendition, take }: { rendition: string; take: number }): boolean => isChosen(rendition) && !slates.includes(take);
  const inits = manifest.inits.filter(wanted).map((init) => fileOf(initName(init), init, { rendition: init.rendition }));
  const segments = manifest.segments.filter(wanted)
    .map((segment) => fileOf(segmentName(segment), segment, segment))
    .sort((a, b) => (a.startUs ?? 0) - (b.startUs ?? 0) || (a.name < b.name ? -1 : 1));
  return [...inits, ...segments];
}

/** Files at the top of the folder that no clock has, without playlists: those name what is stored, and are made for it. */
export function looseFilesOf(manifest: Pick<Manifest, 'files'>, tier: Tier, { withChat }: { withChat: boolean }): PlannedFile[] {
  return tier === 'manifest' ? [] : manifest.files.filter(({ name }) => !name.endsWith('.m3u8') && (withChat || name !== CHAT_FILE)).map((file) => fileOf(file.name, file, {}));
}

/**
 * All that is stored of a broadcast as bundles, in the order in which they are signed.
 * @param texts playlists of the media
 */
export function cutArchive<File extends Pick<PlannedFile, 'name' | 'rendition' | 'sizeBytes'>>(files: File[], texts: File[]): CutBundle<File>[] {
  const wanted = files.filter((file) => !isTooLong(file));
  const [media, loose] = [wanted.filter(({ rendition }) => rendition !== null), wanted.filter(({ name, rendition }) => rendition === null && name !== MANIFEST_FILE)];
  const rest = bundlesOf([...loose, ...texts]);
  return [
    ...bundlesOf(wanted.filter(({ name }) => name === MANIFEST_FILE)).map((some) => cut('manifest', some)),
    ...bundlesOf(media).map((some) => cut('files', some)),
    ...rest.map((some, at) => cut(at === rest.length - 1 ? 'last' : 'files', some)),
  ];
}

/** Beside the media only the manifest may be longer than a bundle: nothing bounds what was said. */
export function isTooLong({ name, rendition, sizeBytes }: Pick<PlannedFile, 'name' | 'rendition' | 'sizeBytes'>): boolean {
  return rendition === null && name !== MANIFEST_FILE && sizeBytes + ITEM_OVERHEAD_BYTES > MAX_BUNDLE_BYTES;
}

/** Bundles of at most 32 MiB, in the order of the files; a longer file has one of its own. */
export function bundlesOf<File extends { sizeBytes: number }>(files: File[], maxBytes = MAX_BUNDLE_BYTES): File[][] {
  const bundles: File[][] = [];
  let roomBytes = 0;
  for (const file of files) {
    const neededBytes = file.sizeBytes + ITEM_OVERHEAD_BYTES;
    if (neededBytes > roomBytes) {
      bundles.push([]);
      roomBytes = maxBytes;
    }
    bundles.at(-1)?.push(file);
    roomBytes -= neededBytes;
  }
  return bundles;
}

/** What a bundle of these files takes, at most. */
export function bundleSize(files: { sizeBytes: number }[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes + ITEM_OVERHEAD_BYTES, 0);
}

/** `https://<gateway>/<id>/master.m3u8` and everything beside it (Arweave path manifests 0.2.0). */
export function pathManifest(items: { name: string; id: string }[]): string {
  const paths = Object.fromEntries(items.map(({ name, id }) => [name, { id }]));
  return JSON.stringify({ manifest: 'arweave/paths', version: '0.2.0', index: { path: 'master.m3u8' }, paths });
}

function cut<File>(kind: BundleKind, files: File[]): CutBundle<File> {
  return { kind, files };
}

function renditionsOf(tier: Tier, renditions: RenditionFacts[]): (name: string) => boolean {
  if (tier === 'all') return () => true;
  if (tier === 'manifest') return () => false;
  const videos = renditions.filter(({ kind }) => kind === 'video').sort((a, b) => a.shortSide - b.shortSide);
  const small = videos.find(({ shortSide }) => shortSide >= SMALL_SIDE) ?? videos[0];
  const names = new Set(renditions.filter((rendition) => rendition.kind === 'audio' || rendition === small).map(({ name }) => name));
  return (name) => names.has(name);
}

function fileOf(name: string, { cid, sizeBytes }: { cid: CID; sizeBytes: number }, { rendition = null, number = null, startUs = null, durationUs = null }: Partial<Omit<PlannedFile, 'cid'>>): PlannedFile {
  return { name, rendition, number, startUs, durationUs, cid: cid.toString(), sizeBytes };
}
