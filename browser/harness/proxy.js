// A reverse proxy that serves linger under `/chat/`. As nginx and others do, it strips the prefix before it forwards a
// request.

import { once } from 'node:events';
import { createServer, request } from 'node:http';

const PREFIX = '/chat';

export class Proxy {
  #http;
  /** Requested paths outside `/chat/`. */
  strays = [];

  static async start(server) {
    const proxy = new Proxy();
    proxy.#http = createServer((asked, answer) => {
      if (!asked.url.startsWith(`${PREFIX}/`)) {
        proxy.strays.push(asked.url);
        answer.writeHead(404).end();
        return;
      }
      const { method, headers } = asked;
      const passed = request(server.url + asked.url.slice(PREFIX.length), { method, headers }, (answered) => {
        answer.writeHead(answered.statusCode, answered.headers);
        answered.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      answer.on('close', () => passed.destroy());
      asked.pipe(passed);
    });
    proxy.#http.listen(0, '127.0.0.1');
    await once(proxy.#http, 'listening');
    return proxy;
  }

  /** The page's address. */
  get url() {
    return `http://127.0.0.1:${this.#http.address().port}${PREFIX}/`;
  }

  stop() {
    this.#http.close();
    this.#http.closeAllConnections();
  }
}
