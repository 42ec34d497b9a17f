import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Api } from './api/api.js';
import { ServerProvider } from './api/context.js';
import { remembered } from './api/remembered.js';
import { Session } from './api/session.js';
import { App } from './app.js';
import { ChatClient } from './chat/client/chat-client.js';
import { Outbox } from './studio/upload/outbox.js';
import './styles/tokens.css';
import './styles/base.css';
import './controls/controls.css';

const storage = remembered();
const session = new Session({ origin: '', remembered: storage });
const api = new Api({ origin: '', session });
const chat = new ChatClient({ origin: '', session, remembered: storage });
const outbox = new Outbox({ session });
window.addEventListener('beforeunload', (event) => {
  if (outbox.isBusy) event.preventDefault();
});
void restore();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <ServerProvider server={{ api, session, chat, outbox }}>
      <App />
    </ServerProvider>
  </StrictMode>,
);

/** Asks until the server answers: one that restarts just now must not look like a sign-out. */
async function restore(): Promise<void> {
  try {
    await session.restore();
  } catch {
    setTimeout(() => void restore(), 5_000);
  }
}
