export { Channels, publishingChannelOf } from './channels.js';
export type { ChannelCaller } from './channels.js';
export { channelsMigrations } from './migrations.js';
export { ChannelPeople } from './people/people.js';
export { peopleRoutes } from './people/routes.js';
export type { Channel, Ladder, Latency, RecordingSettings, StreamKey, Visibility } from './queries.js';
export { channelsRoutes } from './routes.js';
export { SlatePictures } from './slate/slate-pictures.js';
export { StreamKeys } from './stream-keys.js';
