import { segmentFile } from './archive/index.js';
import type { LiveManifest, Manifests } from './archive/index.js';
import type { BroadcastIndex, LivePackage, Packager } from './packager/index.js';
import type { Recordings } from './recordings/index.js';

interface SignedBroadcast {
  id: string;
  channel: { id: string; slug: string };
  epochMs: number;
}

/** Every file of a broadcast on air goes into its signed manifest while its bytes are in memory. */
export function signFiles(manifests: Manifests, broadcast: SignedBroadcast, live: LivePackage, index: BroadcastIndex | undefined): LiveManifest {
  const manifest = manifests.open(broadcast, index);
  const named = new Set(index?.renditions.flatMap(({ name, inits }) => [...inits.keys()].map((take) => `${name}/init-${take}.mp4`)));
  live.on('segment', (rendition, segment) => {
    const initName = segment.initUri.split('/').slice(-2).join('/');
    const take = Number(/(\d+)\.mp4$/.exec(initName)?.[1]);
    const [init, bytes] = [live.findFile(initName), live.findFile(`${rendition}/${segment.number}.m4s`)];
    if (segment.isGap || bytes === undefined || !('buffers' in bytes)) return;
    if (!named.has(initName) && init !== undefined && 'buffers' in init) manifest.add({ kind: 'init', rendition, take }, init.buffers);
    named.add(initName);
    manifest.add(segmentFile(rendition, { ...segment, take }), bytes.buffers);
  });
  return manifest;
}

/** What was uploaded is signed as a whole, from the disk; so is the rest of what a crash left. */
export async function signFromDisk(rooms: { manifests: Manifests; packager: Packager; recordings: Recordings }, { id, channelId }: { id: string; channelId: string }): Promise<void> {
  if (await rooms.manifests.isFinal(id)) return;
  const index = await rooms.packager.readIndex(id);
  if (index === undefined) return;
  const manifest = rooms.manifests.open({ id, channel: { id: channelId, slug: index.slug }, epochMs: index.epochMs }, index);
  await manifest.finish(await rooms.recordings.portablePlaylists(id));
}
