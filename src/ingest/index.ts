export { RtmpServer } from './rtmp-server.js';
export type { RtmpServerOptions } from './rtmp-server.js';
export { WrongKeys } from './connection/admission.js';
export type { PublishTarget, StreamKeys } from './publish-target.js';
export { ingestConfig } from './config.js';
export type { IngestConfig } from './config.js';
export { chunkRoutes, Preparation, tusRoutes, UploadFolder, uploadRoutes, Uploads, uploadsMigrations } from './upload/index.js';
export type { RecordingDraft, RecordingMaker } from './upload/index.js';
