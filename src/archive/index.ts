export { archiveConfig } from './config.js';
export { SigningKeys } from './keys/signing-keys.js';
export { Manifests } from './manifest/manifests.js';
export type { LiveManifest } from './manifest/manifests.js';
export { segmentFile } from './manifest/written-files.js';
export { archiveMigrations } from './migrations.js';
export { archiveRoutes } from './routes.js';
export { runVerify } from './verify/run-verify.js';
