import { useCallback, useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi, useSessionState } from '../api/context.js';
import type { Channel } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { plainWords } from '../api/problem.js';
import { Notice } from '../controls/notice.js';
import { usePageTitle } from '../shell/page.js';
import { OwnRecordings } from '../recordings/own-recordings.js';
import { ChannelForm } from './channel/channel-form.js';
import { SlatePicture } from './channel/slate-picture.js';
import { Encoder } from './encoder.js';
import { OnAir } from './on-air.js';
import { StreamKeys } from './stream-keys.js';
import { UploadPanel } from './upload/upload-panel.js';
import './studio.css';

/** Where a streamer connects an encoder, watches its health and names the show. */
export function Studio() {
  usePageTitle('Studio');
  const state = useSessionState();
  return state.name === 'signed-in' ? <ChannelStudio slug={state.user.username} /> : null;
}

function ChannelStudio({ slug }: { slug: string }) {
  const api = useApi();
  const { value: channel, error, replace } = usePolled<Channel>(useCallback((signal) => api.channel(slug, signal), [api, slug]), { everyMs: 0 });
  const [readyUploads, setReadyUploads] = useState(0);
  return (
    <div className="studio">
      <h1 className="visually-hidden">Studio</h1>
      <div className="studio-main">
        <OnAir slug={slug} title={channel?.title ?? slug} />
        {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
        {channel && <ChannelForm channel={channel} onChanged={replace} />}
        {channel?.slate && <SlatePicture slug={slug} slate={channel.slate} onChanged={replace} />}
        <UploadPanel slug={slug} onReady={setReadyUploads} />
        <OwnRecordings key={readyUploads} slug={slug} />
      </div>
      <div className="studio-side">
        <Encoder />
        <StreamKeys slug={slug} />
        <section className="panel studio-door" aria-labelledby="chat-door-title">
          <h2 id="chat-door-title">Chat</h2>
          <p className="soft">Emotes, moderators, bots, webhooks, and the chat in your picture.</p>
          <Link className="button" to="/studio/chat">Chat settings</Link>
        </section>
        <section className="panel studio-door" aria-labelledby="archive-door-title">
          <h2 id="archive-door-title">Archive</h2>
          <p className="soft">Store your shows where nobody can take them down, and see what is stored.</p>
          <Link className="button" to="/studio/archive">Archive settings</Link>
        </section>
      </div>
    </div>
  );
}
