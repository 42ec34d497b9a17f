import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';
import type { ChatClient } from '../chat/client/chat-client.js';
import type { Api } from './api.js';
import type { Outbox } from '../studio/upload/outbox.js';
import type { Session, SessionState } from './session.js';

interface Server {
  api: Api;
  session: Session;
  chat: ChatClient;
  /** What this page sends, whatever view is shown. */
  outbox: Outbox;
}

const ServerContext = createContext<Server | undefined>(undefined);

/** Hands the API and the session to every page below it. */
export function ServerProvider({ server, children }: { server: Server; children: ReactNode }) {
  return <ServerContext.Provider value={server}>{children}</ServerContext.Provider>;
}

/** Gives what is below another connection to the chat than the page's. */
export function ChatProvider({ chat, children }: { chat: ChatClient; children: ReactNode }) {
  return <ServerContext.Provider value={{ ...useServer(), chat }}>{children}</ServerContext.Provider>;
}

function useServer(): Server {
  const server = useContext(ServerContext);
  if (!server) throw new Error('a page was rendered outside ServerProvider');
  return server;
}

export function useApi(): Api {
  return useServer().api;
}

export function useSession(): Session {
  return useServer().session;
}

export function useChatClient(): ChatClient {
  return useServer().chat;
}

export function useOutbox(): Outbox {
  return useServer().outbox;
}

/** The state of the session; renders again when it changes. */
export function useSessionState(): SessionState {
  const session = useSession();
  return useSyncExternalStore((listener) => session.subscribe(listener), () => session.state);
}
