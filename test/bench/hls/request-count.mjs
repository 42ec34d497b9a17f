// Loaded into the server with --import: counts what it is asked, and tells it at a socket of its own.
import diagnostics from 'node:diagnostics_channel';
import { createServer } from 'node:http';

const counts = { playlists: 0, media: 0 };
diagnostics.subscribe('http.server.request.start', ({ request }) => {
  if (request.url.startsWith('/hls/')) counts.playlists++;
  else if (request.url.startsWith('/media/')) counts.media++;
});
createServer((_request, response) => response.end(JSON.stringify(counts))).listen(process.env.COUNT_SOCKET).unref();
