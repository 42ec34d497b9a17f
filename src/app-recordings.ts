import type { RecordingMaker } from './ingest/index.js';
import type { LivePackage, Packager } from './packager/index.js';
import type { Log } from './platform/index.js';
import { BroadcastPictures, picturesPath } from './recordings/index.js';
import type { PicturedBroadcasts, PictureMaker, Recordings } from './recordings/index.js';
import type { UploadedBroadcasts } from './streams/index.js';
import type { FileSink } from './transcode/index.js';

/** What pictures of a package are made with. */
export interface PictureRooms {
  pictures: { maker: PictureMaker; mediaDir: string };
  log: Log;
}

/** What uploaded files pass. */
interface UploadRooms extends PictureRooms {
  packager: Packager;
  recordings: Recordings;
  store: UploadedBroadcasts;
  /** Signs what an upload has become. */
  sign: (recording: { id: string; channelId: string }) => Promise<void>;
}

/** Pictures of the streamer's, of the rung that is decoded fastest. */
export async function picture({ pictures: { maker, mediaDir }, log }: PictureRooms, { id, slug }: { id: string; slug: string }, live: LivePackage, isSlate: () => boolean): Promise<BroadcastPictures> {
  const pictures = await BroadcastPictures.open({ folder: picturesPath(mediaDir, id), maker, log: log.child({ room: 'recordings', broadcast: id, channel: slug }) });
  live.on('segment', (rendition, { startMs, number, initUri, isGap }) => {
    if (isSlate() || isGap || rendition !== smallestRung(live) || !pictures.wants(startMs)) return;
    const [init, part] = [live.findFile(initUri.split('/').slice(-2).join('/')), live.findPart(rendition, number, 0)];
    if (init === undefined || !('buffers' in init) || part === undefined || part === 'coming' || !('buffers' in part)) return;
    pictures.take({ atMs: startMs, init: Buffer.concat(init.buffers), part: Buffer.concat(part.buffers) });
  });
  return pictures;
}

/** Pictures of what is on air are for everybody; their times are those of the broadcast's clock. */
export function picturedBroadcasts(packager: Packager, recorded: PicturedBroadcasts): PicturedBroadcasts {
  return {
    find: async (id, request) => {
      const live = packager.findById(id);
      if (live === undefined || live.hasEnded) return recorded.find(id, request);
      return { timeline: { fromMs: 0, toMs: Infinity, mapTime: (atMs) => atMs }, isPublic: true };
    },
  };
}

/** What an uploaded file becomes: the same files as a show leaves, written at the pace of the disk and of its pictures. */
export function uploadedRecordings(rooms: UploadRooms): RecordingMaker<FileSink> {
  const { packager, recordings, store } = rooms;
  return {
    has: async (id) => (await recordings.find(id)) !== undefined,
    open: async ({ id, slug, startedAt }) => {
      const draft = packager.openUnlisted({ id, channel: { slug }, epochMs: startedAt.getTime() });
      const pictures = await picture(rooms, { id, slug }, draft, () => false);
      return {
        sink: {
          startTake: (take) => draft.startTake(take),
          push: (media) => draft.push(media),
          finishTake: () => draft.finishTake(),
          get isFull() { return draft.isFull || pictures.isMaking; },
          settled: async () => {
            await draft.settled();
            await pictures.settled(); // what was just written may have begun one
          },
        },
        finish: async () => {
          draft.finish();
          await pictures.finish();
          await draft.settled();
          const isWhole = !draft.hasLost;
          if (isWhole) await draft.suspend();
          return isWhole;
        },
        discard: async () => {
          await pictures.close();
          await draft.destroy();
        },
      };
    },
    list: async ({ durationSec, ...recording }) => {
      await store.insertUploaded({ ...recording, durationMs: durationSec * 1000 });
      await recordings.add(recording);
      await rooms.sign(recording);
    },
  };
}

function smallestRung(live: LivePackage): string | undefined {
  const rungs = live.facts().filter(({ kind, isDropped, height }) => kind === 'video' && !isDropped && height !== undefined);
  return rungs.toSorted((a, b) => (a.height ?? 0) - (b.height ?? 0))[0]?.name;
}
