import path from 'node:path';
import compression from 'compression';
import express, { Router } from 'express';

const YEAR_MS = 31_536_000_000;

/** The web pages: built files, and the one document that draws every page. */
export function pages(options: { folder: string }): Router {
  const router = Router();
  // Scripts and styles shrink to a third.
  router.use(compression());
  router.use('/assets', express.static(path.join(options.folder, 'assets'), { immutable: true, maxAge: YEAR_MS, index: false, fallthrough: false }));
  router.use(express.static(options.folder, { index: false, maxAge: 0 }));
  // `/`, `/<slug>` and the other pages; a file that is not there stays a 404.
  router.get(/^\/(?!(?:api|hls|media)\/)[^.]*$/, (_request, response) => {
    // With a root, since the folder's own path may have a name in it that starts with a dot.
    response.sendFile('index.html', { root: options.folder, headers: { 'Cache-Control': 'no-cache' } });
  });
  return router;
}
