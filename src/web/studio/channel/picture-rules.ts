/** As the server takes them. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const MAX_PICTURE_BYTES = 5 << 20;

/** Why the server will not take a file, told before it is sent; undefined when it may. */
export function obstacleOf({ type, size }: { type: string; size: number }): string | undefined {
  if (!PICTURE_TYPES.includes(type)) return 'This is no PNG, JPEG or WebP picture. Choose another file.';
  if (size <= MAX_PICTURE_BYTES) return undefined;
  return `This picture has ${(size / 1024 / 1024).toFixed(1)} MB, and 5 MB is the most. Save it smaller, or as a JPEG.`;
}
