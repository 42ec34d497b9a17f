export { Chat } from './chat.js';
export type { ChatOptions } from './chat.js';
export { chatConfig } from './config.js';
export { chatMigrations } from './migrations.js';
