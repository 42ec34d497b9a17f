import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { useChatClient } from '../../api/context.js';
import type { ServerEvents } from '../../api/chat-contract.js';
import type { ChatRoom } from './chat-room.js';
import { NEW_ROOM } from './room-view.js';
import type { RoomView } from './room-view.js';

/** Is in a channel's chat for as long as the component is there; undefined before the first effect. */
export function useChatRoom(slug: string): ChatRoom | undefined {
  const client = useChatClient();
  const [room, setRoom] = useState<ChatRoom>();
  useEffect(() => {
    setRoom(client.enter(slug));
    return () => {
      setRoom(undefined);
      client.leave(slug);
    };
  }, [client, slug]);
  return room;
}

/** What is known of a room; renders again when it changes. */
export function useRoomView(room: ChatRoom | undefined): RoomView {
  const subscribe = useCallback((listener: () => void) => room?.subscribe(listener) ?? (() => undefined), [room]);
  return useSyncExternalStore(subscribe, () => room?.view ?? NEW_ROOM);
}

/** Calls back with each event of a kind in a room. `listener` must be stable (useCallback). */
export function useRoomEvent<E extends keyof ServerEvents>(room: ChatRoom | undefined, name: E, listener: ServerEvents[E]): void {
  useEffect(() => room?.on(name, listener), [room, name, listener]);
}
