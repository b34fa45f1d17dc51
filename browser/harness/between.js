// Something between the page and the server: a proxy that serves linger under `/chat/`, and that answers some requests
// itself, or swallows them.

import { once } from 'node:events';
import { createServer, request } from 'node:http';

const PREFIX = '/chat';

export class Between {
  #http;
  /** Handles a call if it returns true: `(request, response, path) => boolean`. The page's files always pass. */
  handle = () => false;

  static async start(server) {
    const between = new Between();
    between.#http = createServer((asked, answer) => {
      const path = asked.url.startsWith(PREFIX) ? asked.url.slice(PREFIX.length) || '/' : null;
      if (path === null) return void answer.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Nothing here</h1>');
      if (path !== '/' && !path.startsWith('/page/') && between.handle(asked, answer, path)) return;
      const { method, headers } = asked;
      const passed = request(server.url + path, { method, headers }, (answered) => {
        answer.writeHead(answered.statusCode, answered.headers);
        answered.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      answer.on('close', () => passed.destroy());
      asked.pipe(passed);
    });
    between.#http.listen(0, '127.0.0.1');
    await once(between.#http, 'listening');
    return between;
  }

  /** Answers every call like this from now on. */
  answer(status, headers = {}, body = '') {
    this.handle = (asked, answer) => {
      answer.writeHead(status, headers).end(body);
      return true;
    };
  }

  /** Passes everything on again. */
  pass() { this.handle = () => false; }

  /** The page's address, without the slash at its end. */
  get url() {
    return `http://127.0.0.1:${this.#http.address().port}${PREFIX}`;
  }

  stop() {
    this.#http.close();
    this.#http.closeAllConnections();
  }
}
