// One tab with linger's page, used as people use it: by roles and names. `server/static/index.html` lists them.

import { mkdir } from 'node:fs/promises';

import { DEADLINE_MS, eventually } from './eventually.js';

export const PASSWORD = 'correct horse';

const SCREENSHOTS = new URL('../screenshots/', import.meta.url);

const literally = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

export class Chat {
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(DEADLINE_MS);
    this.door = page.getByRole('form', { name: 'Come in' });
    this.refusal = this.door.getByRole('alert');
    this.title = page.getByRole('main').getByRole('heading', { level: 1 });
    this.log = page.getByRole('log');
    this.messages = this.log.getByRole('article');
    this.texts = this.messages.locator('.text');
    this.newMessages = this.log.getByRole('separator', { name: 'New messages' });
    this.newest = page.getByRole('button', { name: 'Newest messages' });
    this.box = page.getByRole('textbox', { name: /^Message / });
    this.state = page.getByRole('status');
    this.people = page.getByRole('region', { name: 'People online' });
    this.dialog = page.getByRole('dialog');
  }

  // Signing in and out.

  /** Fills in the sign-in form and submits it. */
  async knock(how, { name, password, keep = false }) {
    const button = { 'Sign in': 'Sign in', 'New account': 'Create account', Guest: 'Enter as a guest' }[how];
    await this.door.getByRole('radio', { name: how }).check();
    await this.door.getByRole('textbox', { name: 'Name' }).fill(name);
    if (how !== 'Guest') await this.door.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
    await this.door.getByRole('checkbox', { name: 'Keep me signed in' }).setChecked(keep);
    await this.door.getByRole('button', { name: button }).click();
  }

  async createAccount(name, options) {
    await this.knock('New account', { name, password: PASSWORD, ...options });
    await this.isIn();
  }

  async signIn(name, options) {
    await this.knock('Sign in', { name, password: PASSWORD, ...options });
    await this.isIn();
  }

  async enterAsGuest(name, options) {
    await this.knock('Guest', { name, ...options });
    await this.isIn();
  }

  /** Waits until a conversation is open. */
  async isIn() {
    await this.box.waitFor();
  }

  /** Waits until the sign-in form is shown. */
  async isOut() {
    await this.door.waitFor();
  }

  /** Opens the menu behind the user's name, and presses a button in it. */
  async menu(name) {
    await this.openMenu();
    await this.page.getByRole('button', { name: / Account menu$/ }).click();
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async signOut() {
    await this.menu('Sign out');
  }

  // Conversations.

  /** Opens or closes the drawer that holds the lists on a narrow screen. */
  async openMenu(open = true) {
    const menu = this.page.getByRole('button', { name: /^Menu/ });
    if (!await menu.isVisible() || ((await menu.getAttribute('aria-expanded')) === 'true') === open) return;
    if (open) await menu.click();
    else await this.page.keyboard.press('Escape');
    await eventually('the drawer has moved', async () => ((await menu.getAttribute('aria-expanded')) === 'true') === open);
  }

  /** Returns the link to a conversation in the sidebar: `#room` or a name. */
  link(conversation) {
    return this.page.getByRole('link', { name: new RegExp(`^${literally(conversation)}(, .*)?$`) });
  }

  async open(conversation) {
    await this.openMenu();
    await this.link(conversation).click();
    await this.isAt(conversation);
  }

  /** Waits until this conversation is open. */
  async isAt(conversation) {
    await this.page.getByRole('heading', { level: 1, name: conversation, exact: true }).waitFor();
  }

  /** Returns the unread count in the sidebar. */
  async unread(conversation) {
    const label = await this.link(conversation).ariaSnapshot();
    return Number(/, (\d+) unread/.exec(label)?.[1] ?? 0);
  }

  /** Leaves the open room, by its menu. */
  async leave() {
    await this.page.getByRole('button', { name: 'Room menu' }).click();
    await this.page.getByRole('button', { name: 'Leave', exact: true }).click();
  }

  async createRoom(name) {
    await this.openMenu();
    await this.page.getByRole('button', { name: 'Find or create a room' }).click();
    await this.dialog.getByRole('textbox').fill(name);
    await this.dialog.getByRole('button', { name: 'Create room' }).click();
  }

  /** Finds a room in the list of all rooms, and opens it. */
  async findRoom(name) {
    await this.openMenu();
    await this.page.getByRole('button', { name: 'Find or create a room' }).click();
    await this.dialog.getByRole('textbox').fill(name);
    await this.dialog.getByRole('button', { name: new RegExp(`^#${literally(name)}\\b`) }).click();
    await this.isAt(`#${name}`);
  }

  /** Starts or opens the direct conversation with a user. */
  async findPerson(name) {
    await this.openMenu();
    await this.page.getByRole('button', { name: 'New direct message' }).click();
    await this.dialog.getByRole('textbox').fill(name);
    await this.dialog.getByRole('button', { name: new RegExp(`^${literally(name)}\\b`) }).click();
    await this.isAt(name);
  }

  // Messages.

  /** Types a message and sends it, without waiting for it to arrive. */
  async say(text) {
    await this.openMenu(false);
    await this.box.fill(text);
    // On a phone, Enter makes a new line.
    const isPhone = await this.page.evaluate(() => matchMedia('(hover: none) and (pointer: coarse)').matches);
    if (isPhone) await this.page.getByRole('button', { name: 'Send', exact: true }).click();
    else await this.box.press('Enter');
  }

  /** Returns the message with this text. */
  message(text) {
    return this.messages.filter({ has: this.page.locator('.text', { hasText: new RegExp(`^${literally(text)}$`) }) });
  }

  /** Waits until a message is shown, and the server has it. */
  async hears(text) {
    await this.message(text).and(this.page.locator('[data-seq]')).first().waitFor();
  }

  /** Returns the texts of the messages in the document. */
  async heard() {
    return this.texts.evaluateAll((texts) => texts.map((text) => text.textContent));
  }

  // The tab.

  /** Makes the tab hidden, or visible again. A headless browser shows all its tabs. */
  async lookAway(away = true) {
    await this.page.evaluate((away) => {
      const define = (name, value) => Object.defineProperty(document, name, { configurable: true, get: () => value });
      define('visibilityState', away ? 'hidden' : 'visible');
      define('hidden', away);
      document.hasFocus = () => !away;
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      dispatchEvent(new Event(away ? 'blur' : 'focus'));
    }, away);
  }

  /** Gives a visible window the focus, or takes it. */
  async focus(hasFocus = true) {
    await this.page.evaluate((hasFocus) => {
      document.hasFocus = () => hasFocus;
      dispatchEvent(new Event(hasFocus ? 'focus' : 'blur'));
    }, hasFocus);
  }

  /** Records what the other tabs of a kept session say to this one. */
  async overhear() {
    await this.page.evaluate(() => {
      const { root, id } = JSON.parse(localStorage['linger.session']);
      globalThis.overheard = [];
      new BroadcastChannel(`linger tabs ${root ?? id}`).onmessage = ({ data }) => globalThis.overheard.push(data.kind);
    });
  }

  /** Waits until this tab has heard a word of that kind. */
  async overhears(kind) {
    await eventually(`the tab has heard "${kind}"`, () => this.page.evaluate((kind) => globalThis.overheard.includes(kind), kind));
  }

  /** Stops everything in the tab, as browsers do with tabs that were hidden for long. */
  async fallAsleep() {
    this.session = await this.page.context().newCDPSession(this.page);
    await this.session.send('Debugger.enable');
    await this.session.send('Debugger.pause');
  }

  async wake() {
    await this.session.send('Debugger.disable');
  }

  /** Saves a screenshot. */
  async shoot(name) {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: new URL(`${name}.png`, SCREENSHOTS).pathname });
  }
}
