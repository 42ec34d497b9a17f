import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Test } from 'tap';

const CHROMIUM = '/usr/bin/chromium';

/** The name of what is missing, for `skip`; false when Chromium is there. */
export const noChromium = existsSync(CHROMIUM) ? false : 'chromium is not installed (apt-get install chromium)';

/** A headless Chromium that closes with the test. */
export async function openChromium(t: Test): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
  });
  t.after(() => browser.close());
  return browser;
}
