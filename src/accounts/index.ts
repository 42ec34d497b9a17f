export { Accounts } from './accounts.js';
export type { Caller, SignIn } from './accounts.js';
export { accountsConfig } from './config.js';
export { accountsMigrations } from './migrations.js';
export { accountsRoutes } from './routes.js';
export type { User } from './queries.js';
