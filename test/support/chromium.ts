import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Test } from 'tap';

/** Where Debian puts it. */
const CHROMIUM_PATH = '/usr/bin/chromium';
/** Without a screen, without calls home, and free to play sound. */
const CHROMIUM_ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--autoplay-policy=no-user-gesture-required',
];

/** The name of what is missing, for `skip`; false when Chromium is there. */
export const noChromium = existsSync(CHROMIUM_PATH) ? false : 'chromium is not installed (apt-get install chromium)';

/** A headless Chromium that closes with the test. */
export async function openChromium(t: Test): Promise<Browser> {
  const browser = await launchChromium();
  t.after(() => browser.close());
  return browser;
}

/** A headless Chromium that ends without a goodbye when it is told to, and with the test otherwise. */
export async function openMortalChromium(t: Test): Promise<{ browser: Browser; kill: () => Promise<void> }> {
  const server = await chromium.launchServer({ executablePath: CHROMIUM_PATH, args: CHROMIUM_ARGUMENTS });
  t.after(() => server.kill());
  return { browser: withNames(await chromium.connect(server.wsEndpoint())), kill: () => server.kill() };
}

/** A headless Chromium that its caller closes. */
export async function launchChromium(...args: string[]): Promise<Browser> {
  return withNames(await chromium.launch({ executablePath: CHROMIUM_PATH, args: [...CHROMIUM_ARGUMENTS, ...args] }));
}

/** Functions that are handed to a page may have named ones in them, whose names the loader keeps by a helper: its pages have that, too. */
function withNames(browser: Browser): Browser {
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    await context.addInitScript('globalThis.__name = (named) => named;');
    return context;
  };
  return browser;
}
