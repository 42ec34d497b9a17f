export { Mp4Plan, planMp4 } from './mp4/mp4-plan.js';
export type { Mp4Segment, Mp4Track } from './mp4/track-reader.js';
export { BroadcastPictures } from './pictures/broadcast-pictures.js';
export { PictureMaker } from './pictures/picture-maker.js';
export { picturesPath } from './pictures/picture-folder.js';
export { pictureRoutes } from './pictures/picture-routes.js';
export type { PicturedBroadcasts } from './pictures/picture-routes.js';
