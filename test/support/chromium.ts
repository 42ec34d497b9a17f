import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Test } from 'tap';

/** Where Debian puts it. */
export const CHROMIUM_PATH = '/usr/bin/chromium';
/** Without a screen, without calls home, and free to play sound. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--autoplay-policy=no-user-gesture-required',
];

/** An init script for pages that are handed functions with named functions in them: the loader has a helper keep those names, which a page does not know. */
export const KEEP_NAMES = 'globalThis.__name = (named) => named;';

/** The name of what is missing, for `skip`; false when Chromium is there. */
export const noChromium = existsSync(CHROMIUM_PATH) ? false : 'chromium is not installed (apt-get install chromium)';

/** A headless Chromium that closes with the test. */
export async function openChromium(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM_PATH, args: CHROMIUM_ARGUMENTS });
  t.after(() => browser.close());
  return browser;
}

/** A headless Chromium that ends without a goodbye when it is told to, and with the test otherwise. */
export async function openMortalChromium(t: Test): Promise<{ browser: Browser; kill: () => Promise<void> }> {
  const server = await chromium.launchServer({ executablePath: CHROMIUM_PATH, args: CHROMIUM_ARGUMENTS });
  t.after(() => server.kill());
  return { browser: await chromium.connect(server.wsEndpoint()), kill: () => server.kill() };
}
