// A person with a browser of their own: a context, its tabs, and what went wrong in them.

import { Chat } from './chat.js';
import { Trouble } from './trouble.js';

/** A delay for each of the page's calls, in milliseconds. It finds what works only on a fast network. */
const DELAY_MS = Number(process.env.DELAY_MS ?? 0);

/** The calls that are delayed. The page's files are not. */
const CALLS = /\/(connect|disconnect|poll|status|users|rooms?|direct|send)\b/;

export class Person {
  #server;
  tabs = [];
  trouble = new Trouble();
  /** Requests for `/poll` that are not answered yet. */
  polls = new Set();

  static async arrive(browser, server, options) {
    const person = new Person();
    person.#server = server;
    person.context = await browser.newContext({ viewport: { width: 1100, height: 720 }, locale: 'en-GB', ...options });
    if (DELAY_MS) await person.context.route(CALLS, delayed);
    await person.trouble.watch(person.context);
    person.context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/poll') person.polls.add(request);
    });
    for (const over of ['requestfinished', 'requestfailed']) {
      person.context.on(over, (request) => person.polls.delete(request));
    }
    return person;
  }

  /** Opens the page in a tab. `path` may be an address of another server. */
  async tab(path = '/') {
    const chat = new Chat(await this.context.newPage());
    this.tabs.push(chat);
    await chat.page.goto(new URL(path, this.#server.url).href);
    return chat;
  }
}

async function delayed(route) {
  await new Promise((done) => setTimeout(done, DELAY_MS));
  // The page may have cancelled the request.
  await route.continue().catch(() => {});
}
