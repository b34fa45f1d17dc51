// What a page must never do, collected while it is used: errors in the console, exceptions, reports of the content
// security policy, dialogs, and scripts that came in with somebody's words.

/** The browser's own words for an answer of 400 and above, and for a server that is away. */
const FAILED_REQUEST = /^(Failed to load resource|TypeError: Failed to fetch dynamically imported module): /;

export class Trouble {
  #seen = [];
  #expected = [];

  /** Watches everything that happens in a context. */
  async watch(context) {
    const report = (what) => this.#seen.push(what);
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        report(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => report(`exception: ${error.error().stack ?? error.error()}`));
    context.on('dialog', (dialog) => {
      // The browser's own question, when something is unsent: the tests go on.
      if (dialog.type() === 'beforeunload') return void dialog.accept().catch(() => {});
      report(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    await context.exposeFunction('lingerTestReport', report);
    await context.addInitScript(() => {
      // What the strings that try to act call.
      globalThis.acted = (what) => globalThis.lingerTestReport(`somebody's words acted: ${what}`);
      addEventListener('securitypolicyviolation', (event) => {
        globalThis.lingerTestReport(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
  }

  /** Says that requests fail in this test, such as `401` or `ERR_CONNECTION_REFUSED`, which the console tells. */
  expectFailedRequests(...reasons) {
    this.#expected.push(...reasons);
  }

  /** What was seen and not expected. */
  get unexpected() {
    const isExpected = (what) => {
      const failed = what.replace(/^console error: /, '');
      return FAILED_REQUEST.test(failed) && this.#expected.some((reason) => failed.includes(reason));
    };
    return this.#seen.filter((what) => !isExpected(what));
  }
}
