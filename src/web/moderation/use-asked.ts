import { useCallback, useEffect, useState } from 'react';
import type { Answer, ClientEvents, Failure, ServerEvents, Wish } from '../api/chat-contract.js';
import type { ChatRoom } from '../chat/client/chat-room.js';
import { failureWords } from '../chat/text/failure-words.js';

type Given<E extends keyof ClientEvents> = Exclude<Answer<E>, Failure>;

/** What the server said last, and how to ask it again. */
export interface Asked<E extends keyof ClientEvents> {
  answer: Given<E> | undefined;
  problem: string | undefined;
  reload: () => void;
}

/** Asks the server now, and again after each of these events. `wish` and `events` must be stable. */
export function useAsked<E extends keyof ClientEvents>(room: ChatRoom, name: E, wish: Wish<E>, events: readonly (keyof ServerEvents)[]): Asked<E> {
  const [answer, setAnswer] = useState<Given<E>>();
  const [problem, setProblem] = useState<string>();
  const [count, setCount] = useState(0);
  const reload = useCallback(() => setCount((before) => before + 1), []);
  useEffect(() => {
    let isWanted = true;
    void room.ask(name, wish).then((reply) => {
      if (!isWanted) return;
      if (isGiven<E>(reply)) setAnswer(reply);
      setProblem(reply.ok ? undefined : failureWords(reply));
    });
    return () => { isWanted = false; };
  }, [room, name, wish, count]);
  useEffect(() => {
    const stops = events.map((event) => room.on(event, reload));
    return () => stops.forEach((stop) => stop());
  }, [room, events, reload]);
  return { answer, problem, reload };
}

function isGiven<E extends keyof ClientEvents>(reply: Answer<E> | Failure): reply is Given<E> {
  return reply.ok;
}

/** Does something in the room; `problem` is why the last one failed. */
export function useDoing(room: ChatRoom) {
  const [problem, setProblem] = useState<string>();
  const run = useCallback(async <E extends keyof ClientEvents>(name: E, wish: Wish<E>): Promise<boolean> => {
    const reply = await room.ask(name, wish);
    setProblem(reply.ok ? undefined : failureWords(reply, reply.retryAfterSec));
    return reply.ok;
  }, [room]);
  return { run, problem };
}
export type Run = ReturnType<typeof useDoing>['run'];
