import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';

const AT_END_PX = 48;
/** So near to the top, earlier messages are loaded. */
const NEAR_TOP_PX = 300;

interface Following {
  isFollowing: boolean;
  onScroll: () => void;
  toEnd: () => void;
}

/**
 * Keeps a list at its end while its reader is there, and at what they read when they have scrolled up: neither
 * new messages nor earlier ones move it.
 */
export function useFollowing(list: RefObject<HTMLElement>, options: { messages: readonly { id: string }[]; onFollow: (isFollowing: boolean) => void; onNearTop: () => void }): Following {
  const { messages, onFollow, onNearTop } = options;
  const [isFollowing, setFollowing] = useState(true);
  const follows = useRef(true);
  const anchor = useRef<{ element: HTMLElement; top: number }>();

  const change = useCallback((next: boolean) => {
    if (follows.current === next) return;
    follows.current = next;
    setFollowing(next);
    onFollow(next);
  }, [onFollow]);

  const settle = useCallback(() => {
    const element = list.current;
    if (!element) return;
    if (follows.current) element.scrollTop = element.scrollHeight;
    else if (anchor.current?.element.isConnected) element.scrollTop += anchor.current.element.offsetTop - anchor.current.top;
    anchor.current = anchorOf(element);
  }, [list]);

  useLayoutEffect(settle, [settle, messages]);
  // Pictures that arrive, a keyboard that opens.
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const observer = new ResizeObserver(settle);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, [list, settle]);

  const onScroll = useCallback(() => {
    const element = list.current;
    if (!element) return;
    change(element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX);
    anchor.current = anchorOf(element);
    if (element.scrollTop < NEAR_TOP_PX) onNearTop();
  }, [list, change, onNearTop]);

  const toEnd = useCallback(() => {
    change(true);
    settle();
  }, [change, settle]);
  return { isFollowing, onScroll, toEnd };
}

/** The first message that is seen. */
function anchorOf(list: HTMLElement): { element: HTMLElement; top: number } | undefined {
  const seen = [...list.querySelectorAll<HTMLElement>('[data-message]')].find(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight > list.scrollTop);
  return seen && { element: seen, top: seen.offsetTop };
}
