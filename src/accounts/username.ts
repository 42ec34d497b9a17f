import { z } from 'zod';

/** A channel's page lives at /<username>, so a name must not hide an address of ours, nor look like our staff. */
const RESERVED = new Set([
  // pages and contracts
  'login', 'logout', 'register', 'studio', 'settings', 'account', 'accounts', 'about', 'admin', 'search', 'home', 'index',
  'api', 'hls', 'media', 'vod', 'ipfs', 'whip', 'whep', 'health', 'metrics', 'docs', 'live', 'embed', 'chat', 'p2p',
  'assets', 'static', 'public', 'socket-io', 'auth', 'server', 'user', 'users', 'channel', 'channels', 'broadcast',
  'broadcasts', 'recordings', 'clips', 'schedule', 'following', 'notifications', 'archive', 'feed', 'rss', 'oembed',
  'manifest', 'robots', 'sitemap', 'favicon', 'terms', 'privacy', 'help', 'support', 'contact', 'forgot-password',
  'reset-password', 'verify-email',
  // people
  'tidemark', 'moderator', 'moderators', 'mod', 'staff', 'root', 'system', 'security', 'operator', 'anonymous',
  'null', 'undefined', 'me',
]);

/** 2 to 30 characters: a letter or digit, then letters, digits, `_` or `-`; stored in lower case. */
export const usernameSchema = z.string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9_-]{1,29}$/, 'must be 2 to 30 characters: a to z, 0 to 9, _ and -, starting with a letter or digit')
  .refine((name) => !RESERVED.has(name), 'is reserved: choose another');
