import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const SERVER = 'http://127.0.0.1:8000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    // Everything is a file of its own: a data: URI would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // hls.js and media-chrome, loaded only where something plays.
    chunkSizeWarningLimit: 800,
  },
  server: {
    proxy: { '/api': SERVER, '/hls': SERVER, '/whep': SERVER, '/whip': SERVER, '/media': SERVER, '/vod': SERVER, '/pictures': SERVER, '^/clips/.*\\.': SERVER, '/health': SERVER, '/socket.io': { target: SERVER, ws: true } },
  },
});
