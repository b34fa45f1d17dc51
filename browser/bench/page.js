// How fast and how heavy the page is, each figure beside the bar: with the release build, on a machine that should do
// nothing else.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { launch } from '../harness/browser.js';
import { Person } from '../harness/person.js';
import { Server, built } from '../harness/server.js';

const MESSAGES = 200;
const VISITS = 20;

const lingerd = built('release');
const server = await Server.start({}, lingerd);
const browser = await launch();

try {
  await assertCompiledIn();
  tell('page weight, as sent', await weigh(), 'KB', 60);
  const paints = await paint();
  tell('first contentful paint, median', middle(paints), 'ms', 300);
  tell('first contentful paint, slowest', paints.at(-1), 'ms', 300);
  const times = await talk();
  tell('from one browser to another, median', middle(times), 'ms', 50);
  tell('from one browser to another, 99 %', times[Math.floor(times.length * 0.99)], 'ms');
} finally {
  await browser.close();
  await server.remove();
}

function tell(what, value, unit, bar) {
  const beside = bar === undefined ? '' : `   bar ${bar} ${unit}: ${value < bar ? 'kept' : 'MISSED'}`;
  console.log(`${what.padEnd(36)} ${value.toFixed(1).padStart(7)} ${unit}${beside}`);
}

function middle(sorted) {
  return sorted[Math.floor(sorted.length / 2)];
}

/** The page is in the program, not beside it. */
async function assertCompiledIn() {
  const program = await readFile(lingerd);
  for (const file of ['index.html', 'app.js', 'style.css']) {
    const content = await readFile(new URL(`../../server/static/${file}`, import.meta.url));
    assert.ok(program.includes(content), `${file} is compiled in as it is`);
  }
}

/** All that a first visit brings, headers included. */
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

/** The times of first paints, each in a browser that has nothing of the page, sorted. */
async function paint() {
  const times = [];
  for (let n = 0; n < VISITS; n += 1) {
    const stranger = await Person.arrive(browser, server);
    const { page } = await stranger.tab();
    times.push(await page.evaluate(() => new Promise((resolve) => {
      new PerformanceObserver((list) => {
        const [paint] = list.getEntriesByName('first-contentful-paint');
        if (paint) resolve(paint.startTime);
      }).observe({ type: 'paint', buffered: true });
    })));
    await stranger.context.close();
  }
  return times.sort((one, other) => one - other);
}

/** From the key that sends to the frame in which the other one sees it, sorted. */
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
  return times.sort((one, other) => one - other);
}
