import { useCallback, useState } from 'react';
import { useApi, useSessionState } from '../api/context.js';
import type { Recording, RecordingList } from '../api/contract.js';
import { usePolled } from '../api/poll.js';

const PAGE = 12;
const REFRESH_MS = 60_000;

/** A channel's recordings, newest first, page by page. */
export function useRecordings(slug: string) {
  const api = useApi();
  // Whoever manages the channel sees more.
  const { name: session } = useSessionState();
  const first = usePolled(
    useCallback((signal) => api.channelRecordings(slug, { limit: PAGE }, signal), [api, slug, session]),
    { everyMs: REFRESH_MS },
  );
  const [older, setOlder] = useState<RecordingList[]>([]);
  const [problem, setProblem] = useState<unknown>();
  const lists = first.value ? [first.value, ...older] : [];
  const before = lists.at(-1)?.next;

  const showMore = async () => {
    setProblem(undefined);
    try {
      const list = await api.channelRecordings(slug, { limit: PAGE, before });
      setOlder((known) => [...known, list]);
    } catch (error) {
      setProblem(error);
    }
  };
  /** Puts the reply to a change in the place of what is shown; without a reply, the recording is gone. */
  const replace = (id: string, changed?: Recording) => {
    if (first.value) first.replace(replaced(first.value, id, changed));
    setOlder((known) => known.map((list) => replaced(list, id, changed)));
  };
  return {
    recordings: first.value && once(lists.flatMap(({ recordings }) => recordings)),
    error: problem ?? first.error,
    showMore: before === undefined ? undefined : showMore,
    refresh: first.refresh,
    replace,
  };
}

function replaced(list: RecordingList, id: string, changed: Recording | undefined): RecordingList {
  const recordings = list.recordings.flatMap((recording) => (recording.id === id ? (changed ? [{ ...recording, ...changed }] : []) : [recording]));
  return { ...list, recordings };
}

/** A new recording moves the others to the next page, where they may be shown already. */
function once(recordings: Recording[]): Recording[] {
  return [...new Map(recordings.map((recording) => [recording.id, recording])).values()];
}
