import { ArchiveApi } from './archive-api.js';
import type { ChatEmote } from './chat-contract.js';
import type {
  Channel, ChannelChange, ChannelHealth, ChannelLive, ChatPage, Clip, ClipList, Following, LiveBroadcast, NewClip, NewStreamKey, Recording, RecordingChange, RecordingDetails,
  RecordingList, ServerHealth, ServerInfo, StreamKey, Upload,
} from './contract.js';
import { ChatSettingsApi } from './chat-settings.js';
import { Problem, readProblem } from './problem.js';
import { parsed, send, type Session } from './session.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The REST interface, one method a route. Every method throws a Problem when the server refuses. */
export class Api {
  /** What is stored for good, or on its way there. */
  readonly archive: ArchiveApi;
  readonly #origin: string;
  readonly #session: Session;

  constructor(options: { origin: string; session: Session }) {
    this.#origin = options.origin;
    this.#session = options.session;
    this.archive = new ArchiveApi({
      ask: async (method, path, body, signal) => parsed(await this.#exchange(method, path, body, signal)),
      act: async (method, path, body) => void await this.#exchange(method, path, body),
      take: async (method, path, body) => (await this.#exchange(method, path, body)).blob(),
    });
  }

  server(signal?: AbortSignal): Promise<ServerInfo> {
    return this.#get('/server', signal);
  }

  /** Why the server has no WebRTC, half a sentence; undefined when it has. */
  async webRtcProblem(signal?: AbortSignal): Promise<string | undefined> {
    const response = await send(`${this.#origin}/health`, signal === undefined ? {} : { signal });
    // A part that fails makes it 503, with the same body.
    if (!response.ok && response.status !== 503) throw await readProblem(response);
    const { webrtc } = (await parsed<ServerHealth>(response)).checks;
    return webrtc?.status === 'off' ? webrtc.reason ?? 'it is switched off' : undefined;
  }

  async live(signal?: AbortSignal): Promise<LiveBroadcast[]> {
    const reply = await this.#get<{ broadcasts: LiveBroadcast[] }>('/live', signal);
    return reply.broadcasts;
  }

  async channel(slug: string, signal?: AbortSignal): Promise<Channel> {
    const reply = await this.#get<{ channel: Channel }>(`/channels/${encodeURIComponent(slug)}`, signal);
    return reply.channel;
  }

  async changeChannel(slug: string, change: ChannelChange): Promise<Channel> {
    const reply = await this.#send<{ channel: Channel }>('PATCH', `/channels/${encodeURIComponent(slug)}`, change);
    return reply.channel;
  }

  /** Sets the picture that viewers see while the streamer is away. */
  async changeSlate(slug: string, picture: Blob): Promise<Channel> {
    const reply = await this.#send<{ channel: Channel }>('PUT', `/channels/${encodeURIComponent(slug)}/slate`, picture);
    return reply.channel;
  }

  async removeSlate(slug: string): Promise<Channel> {
    const reply = await this.#send<{ channel: Channel }>('DELETE', `/channels/${encodeURIComponent(slug)}/slate`, undefined);
    return reply.channel;
  }

  following(slug: string, signal?: AbortSignal): Promise<Following> {
    return this.#get(`/channels/${encodeURIComponent(slug)}/follow`, signal);
  }

  follow(slug: string): Promise<Following> {
    return this.#send('PUT', `/channels/${encodeURIComponent(slug)}/follow`, undefined);
  }

  unfollow(slug: string): Promise<Following> {
    return this.#send('DELETE', `/channels/${encodeURIComponent(slug)}/follow`, undefined);
  }

  /** What was said during a show, from one moment to another; `next` is the `from` of what follows. */
  broadcastChat(id: string, { from, to }: { from: Date; to: Date }, signal?: AbortSignal): Promise<ChatPage> {
    const query = new URLSearchParams({ from: from.toISOString(), to: to.toISOString() });
    return this.#get(`/broadcasts/${encodeURIComponent(id)}/chat?${query.toString()}`, signal);
  }

  async emotes(slug: string, signal?: AbortSignal): Promise<ChatEmote[]> {
    const reply = await this.#get<{ emotes: ChatEmote[] }>(`/channels/${encodeURIComponent(slug)}/emotes`, signal);
    return reply.emotes;
  }

  channelLive(slug: string, signal?: AbortSignal): Promise<ChannelLive> {
    return this.#get(`/channels/${encodeURIComponent(slug)}/live`, signal);
  }

  /** Tells that somebody watches the channel now. */
  async viewing(slug: string): Promise<void> {
    await this.#exchange('POST', `/channels/${encodeURIComponent(slug)}/viewing`);
  }

  /** The server's clock, ms since 1970. */
  async timeMs(signal?: AbortSignal): Promise<number> {
    const reply = await this.#get<{ nowMs: number }>('/time', signal);
    return reply.nowMs;
  }

  channelHealth(slug: string, signal?: AbortSignal): Promise<ChannelHealth> {
    return this.#get(`/channels/${encodeURIComponent(slug)}/health`, signal);
  }

  async endBroadcast(slug: string): Promise<void> {
    await this.#exchange('DELETE', `/channels/${encodeURIComponent(slug)}/broadcast`);
  }

  async streamKeys(slug: string, signal?: AbortSignal): Promise<StreamKey[]> {
    const reply = await this.#get<{ streamKeys: StreamKey[] }>(`/channels/${encodeURIComponent(slug)}/stream-keys`, signal);
    return reply.streamKeys;
  }

  createStreamKey(slug: string, label: string): Promise<NewStreamKey> {
    return this.#send('POST', `/channels/${encodeURIComponent(slug)}/stream-keys`, { label });
  }

  /** Sent even while the page goes away, as every DELETE is. */
  async revokeStreamKey(slug: string, id: string): Promise<void> {
    await this.#exchange('DELETE', `/channels/${encodeURIComponent(slug)}/stream-keys/${encodeURIComponent(id)}`);
  }

  /** What was signed of a broadcast, as CAR, from a block on; undefined while there is nothing. */
  async manifest(id: string, { from }: { from: number }, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      const response = await this.#exchange('GET', `/broadcasts/${encodeURIComponent(id)}/manifest?from=${from}`, undefined, signal, 'application/vnd.ipld.car');
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      if (error instanceof Problem && error.code === 'manifest_unknown') return undefined;
      throw error;
    }
  }

  /** The newest public ones of all channels. */
  async newestRecordings(limit: number, signal?: AbortSignal): Promise<Recording[]> {
    const reply = await this.#get<RecordingList>(`/recordings?limit=${limit}`, signal);
    return reply.recordings;
  }

  /** A channel's recordings that this viewer may see. `before` is the `next` of the list before. */
  channelRecordings(slug: string, options: { limit: number; before?: string | undefined }, signal?: AbortSignal): Promise<RecordingList> {
    const query = new URLSearchParams({ limit: String(options.limit), ...(options.before === undefined ? {} : { before: options.before }) });
    return this.#get(`/channels/${encodeURIComponent(slug)}/recordings?${query.toString()}`, signal);
  }

  recording(id: string, signal?: AbortSignal): Promise<RecordingDetails> {
    return this.#get(`/recordings/${encodeURIComponent(id)}`, signal);
  }

  changeRecording(id: string, change: RecordingChange): Promise<Recording> {
    return this.#send('PATCH', `/recordings/${encodeURIComponent(id)}`, change);
  }

  async deleteRecording(id: string): Promise<void> {
    await this.#exchange('DELETE', `/recordings/${encodeURIComponent(id)}`);
  }

  /** A channel's files on their way to become recordings, the newest first. */
  async channelUploads(slug: string, signal?: AbortSignal): Promise<Upload[]> {
    const reply = await this.#get<{ uploads: Upload[] }>(`/channels/${encodeURIComponent(slug)}/uploads`, signal);
    return reply.uploads;
  }

  /** What was made of it stays. */
  async deleteUpload(id: string): Promise<void> {
    await this.#exchange('DELETE', `/uploads/${encodeURIComponent(id)}`);
  }

  /** Of a show that is on, or of a recording; the reply says what was cut. */
  makeClip(broadcastId: string, clip: NewClip): Promise<Clip> {
    return this.#send('POST', `/broadcasts/${encodeURIComponent(broadcastId)}/clips`, clip);
  }

  clip(id: string, signal?: AbortSignal): Promise<Clip> {
    return this.#get(`/clips/${encodeURIComponent(id)}`, signal);
  }

  /** A channel's newest clips. */
  async channelClips(slug: string, limit: number, signal?: AbortSignal): Promise<Clip[]> {
    const reply = await this.#get<ClipList>(`/channels/${encodeURIComponent(slug)}/clips?limit=${limit}`, signal);
    return reply.clips;
  }

  async deleteClip(id: string): Promise<void> {
    await this.#exchange('DELETE', `/clips/${encodeURIComponent(id)}`);
  }

  /** What surrounds a channel's chat, for who manages it. */
  chatSettings(slug: string): ChatSettingsApi {
    return new ChatSettingsApi({
      slug,
      ask: async (method, path, body, signal) => parsed(await this.#exchange(method, path, body, signal)),
      act: async (method, path) => void await this.#exchange(method, path),
    });
  }

  async #get<Reply>(path: string, signal?: AbortSignal): Promise<Reply> {
    return parsed(await this.#exchange('GET', path, undefined, signal));
  }

  async #send<Reply>(method: Method, path: string, body: unknown): Promise<Reply> {
    return parsed(await this.#exchange(method, path, body));
  }

  async #exchange(method: Method, path: string, body?: unknown, signal?: AbortSignal, accept = 'application/json'): Promise<Response> {
    let response = await this.#attempt(method, path, body, signal, accept);
    // An access token lives for minutes, a studio page for hours: renew it once and ask again.
    if (response.status === 401 && this.#session.accessToken !== undefined && (await this.#session.renew())) {
      response = await this.#attempt(method, path, body, signal, accept);
    }
    if (!response.ok) throw await readProblem(response);
    return response;
  }

  #attempt(method: Method, path: string, body: unknown, signal: AbortSignal | undefined, accept: string): Promise<Response> {
    const headers: Record<string, string> = { accept };
    const token = this.#session.accessToken;
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = body instanceof Blob ? body.type : 'application/json';
    return send(`${this.#origin}/api/v1${path}`, {
      method,
      headers,
      keepalive: method === 'DELETE',
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
