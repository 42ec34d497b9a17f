export { Transcoder } from './transcoder.js';
export { Transcode } from './transcode.js';
export type { ResumedTranscode } from './transcode.js';
export type { TranscodeStatus } from './transcode.js';
export type { FileSink } from './file/file-run.js';
