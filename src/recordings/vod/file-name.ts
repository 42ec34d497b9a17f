/** The name of a video to keep: its title without what file systems refuse, and the day. */
export function safeFileName(title: string, { instead, at }: { instead: string; at: Date }): string {
  const name = title.replace(/[\p{Cc}\p{Cf}"*/:<>?\\|]+/gu, ' ').replace(/\s+/g, ' ').replace(/^[ .]+|[ .]+$/g, '');
  return `${name || instead} ${at.toISOString().slice(0, 10)}.mp4`;
}
