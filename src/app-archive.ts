import type { Router } from 'express';
import type { Accounts } from './accounts/index.js';
import { NotTheOperator, PermanentArchive, Pins, pinTargets, receiptsRoutes, segmentFile } from './archive/index.js';
import type { ArchivePerson, ArweaveConfig, BlockStore, IpfsConfig, LastFile, LiveManifest, Manifests, SigningKeys } from './archive/index.js';
import type { ChannelPeople, Channels } from './channels/index.js';
import type { Chat } from './chat/index.js';
import type { BroadcastIndex, LivePackage, Packager } from './packager/index.js';
import { messageOf } from './platform/index.js';
import type { Db, Log } from './platform/index.js';
import type { RecordingAccess, Recordings } from './recordings/index.js';

/** Of a channel, at the start: what ended while the server was being stopped. */
const SHOWS_LOOKED_AT = 100;

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
export async function signFromDisk(rooms: { manifests: Manifests; packager: Packager; lastFiles: (broadcast: { id: string; channelId: string }) => Promise<LastFile[]> }, { id, channelId }: { id: string; channelId: string }): Promise<void> {
  if (await rooms.manifests.isFinal(id)) return;
  const index = await rooms.packager.readIndex(id);
  if (index === undefined) return;
  const manifest = rooms.manifests.open({ id, channel: { id: channelId, slug: index.slug }, epochMs: index.epochMs }, index);
  await manifest.finish(await rooms.lastFiles({ id, channelId }));
}

/** What is written beside the segments of a broadcast that has ended: playlists, and what was said, when there is a recording to read it beside. */
export async function filesAtEnd({ recordings, chat, log }: { recordings: Recordings; chat: Chat; log: Log }, { id, channelId }: { id: string; channelId: string }): Promise<LastFile[]> {
  const playlists = await recordings.portablePlaylists(id);
  if (playlists.length === 0) return [];
  const said = await chat.transcript({ id, channelId }).catch((error: unknown) => void log.warn('the chat is not in the manifest', { broadcast: id, error: messageOf(error) }));
  return said === undefined ? playlists : [...playlists, { name: 'chat.jsonl', text: said }];
}

/** Where recordings are pinned. What happens to a recording happens to its blocks and pins. */
export function openPins({ db, config, blocks, manifests, recordings, log }: { db: Db; config: IpfsConfig; blocks: BlockStore; manifests: Manifests; recordings: Recordings; log: Log }): Pins {
  const pins = new Pins({
    db, blocks, log,
    targets: pinTargets(config),
    // What is on air is not yet to be pinned, and what is gone not any more.
    isPublic: async (id) => ((await recordings.find(id))?.visibility ?? 'private') !== 'private',
    findFolder: (id) => manifests.findFolder(id),
    listRecordings: () => recordings.listIds(),
  });
  const note = (id: string, ...work: Promise<void>[]): void => void Promise.all(work).catch((error: unknown) => log.error('a change of a recording is not noted in the archive', { broadcast: id, error: messageOf(error) }));
  manifests.on('finished', (id) => note(id, pins.refresh(id)));
  recordings.on('updated', (id) => note(id, pins.refresh(id)));
  recordings.on('removed', (id) => note(id, blocks.remove(id), pins.refresh(id)));
  return pins;
}

interface PermanentRooms {
  db: Db;
  config: ArweaveConfig;
  mediaDir: string;
  accounts: Accounts;
  channels: Channels;
  people: ChannelPeople;
  packager: Packager;
  recordings: Recordings;
  access: RecordingAccess;
  manifests: Manifests;
  keys: SigningKeys;
  pins: Pins;
  log: Log;
}

/** What is stored on Arweave, with its API. A show comes in when its manifest has its end. */
export function openPermanentArchive(rooms: PermanentRooms): { archive: PermanentArchive; routes: Router } {
  const { recordings, channels, manifests, access } = rooms;
  const archive = new PermanentArchive({ ...rooms, broadcasts: archivedBroadcasts(rooms) });
  manifests.on('finished', (id) => void admit(id).catch((error: unknown) => rooms.log.error('a show is not in the archive', { broadcast: id, error: messageOf(error) })));
  recordings.on('removed', (id) => void archive.consent.forget(id).catch((error: unknown) => rooms.log.error('a deleted recording may still be sent to the archive', { broadcast: id, error: messageOf(error) })));
  const admit = async (id: string): Promise<void> => {
    const recording = await recordings.find(id);
    if (recording === undefined) return;
    const { id: channelId, slug } = await channels.get(recording.channel.slug);
    await archive.admit({ id, channelId, slug });
  };
  const routes = receiptsRoutes({
    db: rooms.db,
    receipts: archive.receipts,
    consent: archive.consent,
    people: archivePeople(rooms),
    broadcasts: {
      slugOf: async (id) => (await recordings.find(id))?.channel.slug,
      checkReadable: async (id, request) => access.checkReadable(await recordings.get(id), request),
    },
    releaseWallet: (address) => archive.releaseWallet(address),
  });
  return { archive, routes };
}

/** What the archive asks of recordings. */
function archivedBroadcasts({ packager, recordings }: PermanentRooms): ConstructorParameters<typeof PermanentArchive>[0]['broadcasts'] {
  return {
    visibilityOf: async (id) => (await recordings.find(id))?.visibility,
    playlistsOf: (id, hasFile) => recordings.partialPlaylists(id, hasFile),
    factsOf: async (id) => factsOf(await packager.readIndex(id)),
    listEnded: async (channelId, since) => (await recordings.list({ channelId, isPublicOnly: false, limit: SHOWS_LOOKED_AT }))
      .filter(({ endedAt }) => endedAt !== null && endedAt > since).map(({ id, channel }) => ({ id, slug: channel.slug })),
    findCard: (id) => recordings.find(id),
  };
}

function factsOf(index: BroadcastIndex | undefined) {
  return {
    renditions: (index?.renditions ?? []).map(({ name, kind, inits }) => ({
      name, kind, shortSide: Math.max(0, ...[...inits.values()].map((init) => (init.kind === 'video' ? Math.min(init.width, init.height) : 0))),
    })),
    slates: (index?.takes ?? []).filter(({ isSlate }) => isSlate).map(({ number }) => number),
  };
}

/** Who decides about a channel's archive, and who looks after all of them. */
function archivePeople({ accounts, channels, people }: PermanentRooms): Parameters<typeof receiptsRoutes>[0]['people'] {
  const personOf = ({ username }: { username: string }, { id, slug }: { id: string; slug: string }): ArchivePerson => ({ username, channel: { id, slug } });
  return {
    owner: async (slug, request) => {
      const caller = await accounts.caller(request);
      // Without the rights of an admin.
      return personOf(caller, await channels.getManaged(slug, { id: caller.id, role: 'user' }));
    },
    manager: async (slug, request) => {
      const caller = await accounts.caller(request);
      const channel = await channels.getManaged(slug, caller);
      return { ...personOf(caller, channel), isOwner: channel.ownerId === caller.id };
    },
    moderator: async (slug, request) => {
      const caller = await accounts.caller(request);
      const channel = await channels.get(slug);
      if (await people.isModerator(channel.id, caller.id)) return personOf(caller, channel);
      return personOf(caller, await channels.getManaged(slug, caller));
    },
    checkAdmin: async (request) => {
      if ((await accounts.caller(request)).role !== 'admin') throw new NotTheOperator();
    },
  };
}
