// Measures how fast and how heavy the page is, and prints each figure with its bar. It needs the release build, and a
// machine that does nothing else.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';

import { launch } from '../harness/browser.js';
import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { Person } from '../harness/person.js';
import { Server, built } from '../harness/server.js';
import { scroll, type } from './motion.js';

const MESSAGES = 200;
const READS = 20;
const VISITS = 20;
const SLOW_VISITS = 7;

/** A slow 4G connection: 150 ms until an answer begins, 1.6 Mbit/s down and 750 kbit/s up, in bytes. */
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };
const SLOWER_CPU = { rate: 4 };

const lingerd = built('release');
const server = await Server.start({}, lingerd);
const browser = await launch();

try {
  await assertCompiledIn();
  print('page weight, as sent', await weigh(), 'KB', 80);
  const visits = await visit(VISITS);
  print('first contentful paint, median', median(visits.paints), 'ms', 150);
  print('first contentful paint, slowest', visits.paints.at(-1), 'ms');
  const slow = await visit(SLOW_VISITS, slowDown);
  print('slow 4G, slow CPU: first paint, median', median(slow.paints), 'ms', 600);
  print('slow 4G, slow CPU: form, median', median(slow.forms), 'ms', 1200);
  const times = await talk();
  print('from one browser to another, median', median(times), 'ms', 50);
  print('from one browser to another, 99 %', percentile(times, 0.99), 'ms');
  const [seen, hidden] = await readElsewhere();
  print('read elsewhere, seen page, slowest', seen.at(-1), 'ms', 1000);
  print('read elsewhere, hidden page, slowest', hidden.at(-1), 'ms', 1000);
  const { times: frames, late } = await scroll({ browser, server });
  print('scrolling 5,000 messages: frames late', late, `of ${frames.length}`, 1);
  print('scrolling: slowest frame', frames.at(-1), 'ms');
  const keys = await type({ browser, server });
  print('key to screen, 5,000 users, median', median(keys), 'ms');
  print('key to screen, 5,000 users, 99 %', percentile(keys, 0.99), 'ms', 50);
} finally {
  await browser.close();
  await server.remove();
}

function print(label, value, unit, bar) {
  const verdict = bar === undefined ? '' : `   bar ${bar} ${unit}: ${value < bar ? 'kept' : 'MISSED'}`;
  console.log(`${label.padEnd(38)} ${value.toFixed(1).padStart(7)} ${unit}${verdict}`);
}

function median(sorted) {
  return percentile(sorted, 0.5);
}

function percentile(sorted, share) {
  return sorted[Math.floor(sorted.length * share)];
}

/** Checks that the program contains the page's files as they are on disk. */
async function assertCompiledIn() {
  const program = await readFile(lingerd);
  const files = new URL('../../server/static/', import.meta.url);
  const names = await readdir(files, { recursive: true });
  for (const name of names.filter((name) => /^index\.html$|\.(js|css)$/.test(name))) {
    assert.ok(program.includes(await readFile(new URL(name, files))), `${name} is compiled in as it is`);
  }
}

/** Returns the size of all that a first visit loads, headers included. */
async function weigh() {
  const stranger = await Person.arrive(browser, server);
  const page = await stranger.context.newPage();
  const session = await stranger.context.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await page.goto(server.url, { waitUntil: 'networkidle' });
  await stranger.context.close();
  return bytes / 1000;
}

/**
 * Visits the page, each time in a browser without a cache. Returns the times of the first paint and of the form,
 * sorted.
 */
async function visit(count, prepare = async () => {}) {
  const paints = [];
  const forms = [];
  for (let n = 0; n < count; n += 1) {
    const stranger = await Person.arrive(browser, server);
    const page = await stranger.context.newPage();
    await prepare(page);
    await page.addInitScript(recordTimes);
    await page.goto(server.url);
    const { paint, form } = await page.evaluate(() => globalThis.times);
    paints.push(paint);
    forms.push(form);
    await stranger.context.close();
  }
  const sort = (times) => times.sort((one, other) => one - other);
  return { paints: sort(paints), forms: sort(forms) };
}

/** Makes a tab as slow as a phone on a poor connection. */
async function slowDown(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', SLOW_4G);
  await session.send('Emulation.setCPUThrottlingRate', SLOWER_CPU);
}

/** Runs in the page before its own scripts: promises the times of the first paint and of the visible form. */
function recordTimes() {
  const paint = new Promise((resolve) => {
    new PerformanceObserver((list) => {
      const [entry] = list.getEntriesByName('first-contentful-paint');
      if (entry) resolve(entry.startTime);
    }).observe({ type: 'paint', buffered: true });
  });
  const form = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const door = document.getElementById('door');
      if (!door || door.hidden) return;
      observer.disconnect();
      resolve(performance.now());
    });
    observer.observe(document, { childList: true, subtree: true, attributeFilter: ['hidden'] });
  });
  globalThis.times = Promise.all([paint, form]).then(([paint, form]) => ({ paint, form }));
}

/** Returns the times from the key that sends to the frame in which the other user sees the message, sorted. */
async function talk() {
  const alice = await (await Person.arrive(browser, server)).tab();
  const bob = await (await Person.arrive(browser, server)).tab();
  await alice.enterAsGuest('alice');
  await bob.enterAsGuest('bob');
  await alice.page.evaluate(() => {
    addEventListener('keydown', ({ key }) => {
      if (key === 'Enter') globalThis.sentAt = performance.timeOrigin + performance.now();
    }, { capture: true });
  });
  await bob.log.evaluate((log) => {
    globalThis.shownAt = {};
    new MutationObserver(() => {
      const texts = [...log.querySelectorAll('.text')].map((text) => text.textContent);
      // Once the next frame is on its way to the screen.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          for (const text of texts) globalThis.shownAt[text] ??= performance.timeOrigin + performance.now();
        };
        port2.postMessage(null);
      });
    }).observe(log, { childList: true, subtree: true });
  });
  const times = [];
  for (let n = 0; n < MESSAGES; n += 1) {
    const text = `message ${n}`;
    await alice.say(text);
    const shownAt = await (await bob.page.waitForFunction((text) => globalThis.shownAt[text], text)).jsonValue();
    times.push(shownAt - await alice.page.evaluate(() => globalThis.sentAt));
  }
  for (const { page } of [alice, bob]) await page.context().close();
  return times.sort((one, other) => one - other);
}

/**
 * Returns the times from a call that marks a mention as read to a title that does not count it, sorted: of a page that
 * shows another room, and of a hidden one.
 */
async function readElsewhere() {
  const bob = await Caller.connect(server, { username: 'reader-bob' });
  const tabs = [];
  for (const isHidden of [false, true]) {
    const user = await Person.arrive(browser, server);
    const tab = await user.tab();
    const name = isHidden ? 'hidden' : 'seen';
    await tab.createAccount(name);
    const other = await Caller.connect(server, { username: name, password: PASSWORD });
    // The box of another conversation is in focus, so nothing here reads what comes.
    await tab.createRoom(name);
    if (isHidden) await tab.lookAway();
    tabs.push({ tab, other, times: [] });
  }
  const isCounted = (tab, count) => tab.page.waitForFunction((count) => (/^\((\d+)\)/.exec(document.title)?.[1] ?? '0') === String(count), count);
  for (let n = 0; n < READS; n += 1) {
    const { seq } = await bob.say(`@seen @hidden: to be read elsewhere ${n}`);
    for (const { tab, other, times } of tabs) {
      await isCounted(tab, 1);
      const begun = performance.now();
      await other.post('/room/1/read', { seq });
      await isCounted(tab, 0);
      times.push(performance.now() - begun);
    }
  }
  // Tabs left open would draw what the next parts send.
  for (const { tab } of tabs) await tab.page.context().close();
  return tabs.map(({ times }) => times.sort((one, other) => one - other));
}
