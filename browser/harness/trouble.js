// What a page must never do, recorded while it is used: errors in the console, exceptions, violations of the content
// security policy, dialogs, and scripts from a user's text.

/** The console's words for an answer of 400 and above, for a server that is down, and for a module that is missing. */
const FAILED_REQUEST = /^(Failed to load resource|TypeError: Failed to fetch dynamically imported module): /;

export class Trouble {
  #seen = [];
  #expected = [];

  /** Watches all tabs of a context. */
  async watch(context) {
    const report = (what) => this.#seen.push(what);
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        report(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => report(`exception: ${error.error().stack ?? error.error()}`));
    context.on('dialog', (dialog) => {
      // The browser's own question while something is unsent: the tests go on.
      if (dialog.type() === 'beforeunload') return void dialog.accept().catch(() => {});
      report(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    await context.exposeFunction('lingerTestReport', report);
    await context.addInitScript(() => {
      // Hostile strings call this.
      globalThis.acted = (what) => globalThis.lingerTestReport(`a user's text acted: ${what}`);
      addEventListener('securitypolicyviolation', (event) => {
        globalThis.lingerTestReport(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
  }

  /** Expects failed requests in the console, by a part of their reasons, such as `401` or `ERR_CONNECTION_REFUSED`. */
  expectFailedRequests(...reasons) {
    this.#expected.push(...reasons);
  }

  /** Takes what matches for expected, whatever it is. */
  forgive(pattern) {
    this.#seen = this.#seen.filter((what) => !pattern.test(what));
  }

  /** What was recorded and not expected. */
  get unexpected() {
    const isExpected = (what) => {
      const failed = what.replace(/^console error: /, '');
      return FAILED_REQUEST.test(failed) && this.#expected.some((reason) => failed.includes(reason));
    };
    return this.#seen.filter((what) => !isExpected(what));
  }
}
