export { chunkRoutes } from './chunk-routes.js';
export { Preparation } from './preparation.js';
export type { RecordingDraft, RecordingMaker } from './preparation.js';
export { uploadsMigrations } from './queries.js';
export { tusRoutes } from './tus-routes.js';
export { UploadFolder } from './upload-folder.js';
export { uploadRoutes } from './upload-routes.js';
export { Uploads } from './uploads.js';
