// The browser that everybody in a test, or in a file of tests, uses: contexts keep them apart.

import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Tests run as root, where Chromium's sandbox does not. */
const ARGUMENTS = ['--no-sandbox'];

let browser;

/** The browser, which is started once. */
export async function launch() {
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  return browser;
}

/** Ends it, if it was started. */
export async function quit() {
  await (await browser)?.close();
}
