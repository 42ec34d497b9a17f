/** As the server takes them. */
export const EMOTE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];
export const MAX_EMOTES = 100;
const MAX_BYTES = 1 << 20;

/** Why the server will not take a file, told before it is sent; undefined when it may. */
export function emoteObstacleOf({ type, size }: { type: string; size: number }): string | undefined {
  if (!EMOTE_TYPES.includes(type)) return 'This is no PNG, JPEG, WebP or GIF picture. Choose another file.';
  if (size <= MAX_BYTES) return undefined;
  return `This picture has ${(size / 1024 / 1024).toFixed(1)} MB, and 1 MB is the most. Save it smaller, or with fewer frames.`;
}

/** A code that a file's name suggests. */
export function codeOf(fileName: string): string {
  const code = fileName.replace(/\.[^.]*$/, '').normalize('NFKD').replace(/[^a-z0-9_]+/gi, '').slice(0, 32);
  return code.length < 2 ? '' : code;
}
