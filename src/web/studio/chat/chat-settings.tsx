import { useMemo } from 'react';
import { Link } from 'react-router-dom';
import { useApi, useSessionState } from '../../api/context.js';
import { usePageTitle } from '../../shell/page.js';
import { Bots } from './bots.js';
import { Emotes } from './emotes.js';
import { OverlayAddress } from './overlay-address.js';
import { People } from './people.js';
import { Webhooks } from './webhooks.js';
import '../studio.css';
import './chat-settings.css';

/** What surrounds the channel's chat. Its modes are set beside the chat itself. */
export function ChatSettings() {
  usePageTitle('Chat settings');
  const state = useSessionState();
  return state.name === 'signed-in' ? <ChannelChatSettings slug={state.user.username} /> : null;
}

function ChannelChatSettings({ slug }: { slug: string }) {
  const api = useApi();
  const settings = useMemo(() => api.chatSettings(slug), [api, slug]);
  return (
    <>
      <header className="chat-settings-head">
        <h1>Chat settings</h1>
        <p><Link to="/studio">Back to the studio</Link></p>
      </header>
      <div className="chat-settings">
        <div className="chat-settings-column">
          <Emotes api={settings} />
          <OverlayAddress api={settings} />
        </div>
        <div className="chat-settings-column">
          <People api={settings} />
          <Bots api={settings} />
          <Webhooks api={settings} />
        </div>
      </div>
    </>
  );
}
