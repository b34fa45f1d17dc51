// The browser that all tests in a file share. Each person gets a context of their own.

import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Tests run as root, and Chromium's sandbox does not. */
const ARGUMENTS = ['--no-sandbox'];

let browser;

/** Returns the browser, which is started once. */
export async function launch() {
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  return browser;
}

/** Closes the browser if it was started. */
export async function quit() {
  await (await browser)?.close();
}
