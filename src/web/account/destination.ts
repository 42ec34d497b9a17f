/** Where a sign-in leads: back to the page that asked for it, else to the studio. Only addresses of this site count. */
export function destinationOf(state: unknown): string {
  if (typeof state !== 'object' || state === null || !('from' in state)) return '/studio';
  const { from } = state;
  return typeof from === 'string' && /^\/(?![/\\])/.test(from) ? from : '/studio';
}
