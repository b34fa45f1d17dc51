// A lingerd process with an SQLite database of its own. It can be stopped, killed and restarted on the same port.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { eventually } from './eventually.js';

const TOP = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the path of a server built as `debug` or `release`, or the one that LINGERD names. */
export const built = (profile) => process.env.LINGERD ?? join(targetFolder(), profile, 'lingerd');

const targetFolder = () => {
  const metadata = execFileSync('cargo', ['metadata', '--no-deps', '--format-version=1'], { cwd: TOP });
  return JSON.parse(metadata).target_directory;
};

const METRICS_TOKEN = 'the-tests-may-look';

const SETTINGS = {
  ROCKET_CHAT__REGISTRATION: 'open',
  ROCKET_CHAT__GUESTS: 'on',
  ROCKET_CHAT__METRICS_TOKEN: METRICS_TOKEN,
  ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE: '0',
  ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE: '0',
  ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE: '0',
  ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR: '0',
  ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS: '0',
  ROCKET_CHAT__LIMITS__ROOMS_PER_USER: '0',
};

export class Server {
  #folder;
  #process;
  #port = 0;
  #program;
  #settings;
  /** The lines that it printed, in all its runs. */
  log = [];

  /** Starts a server with these settings as environment variables. */
  static async start(settings = {}, program = built('debug')) {
    const server = new Server();
    server.#program = program;
    server.#settings = { ...SETTINGS, ...settings };
    server.#folder = await mkdtemp(join(tmpdir(), 'linger-browser-'));
    await server.startAgain();
    return server;
  }

  /** Its address. */
  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Restarts it with the same database and port, after it has ended. */
  async startAgain() {
    this.#process = spawn(this.#program, ['--port', String(this.#port)], {
      cwd: this.#folder,
      env: { ...this.#settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(this.#process, 'exit').then(() => Promise.reject(new Error(`it ended: ${this.log.join('\n')}`)));
    ended.catch(() => {});
    const listening = new Promise((resolve) => {
      for (const stream of [this.#process.stdout, this.#process.stderr]) {
        createInterface(stream).on('line', (line) => {
          this.log.push(line);
          const port = /listening.*127\.0\.0\.1:(\d+)/.exec(line)?.[1];
          if (port) resolve(Number(port));
        });
      }
    });
    this.#port = await Promise.race([listening, ended]);
    await eventually('the server is healthy', async () => (await fetch(`${this.url}/health`)).ok);
  }

  /** Runs a command of `lingerd` beside it, as an administrator at the shell. */
  async shell(...command) {
    const env = { ...this.#settings, ROCKET_PORT: String(this.#port) };
    await promisify(execFile)(this.#program, command, { cwd: this.#folder, env });
  }

  /** Returns how many polls it holds, from its metrics. */
  async heldRequests() {
    const metrics = await fetch(`${this.url}/metrics`, { headers: { Authorization: `Bearer ${METRICS_TOKEN}` } });
    return Number(/^linger_held_requests\{kind="poll"\} (\d+)$/m.exec(await metrics.text())[1]);
  }

  /** Stops it gracefully, as an update does, and waits until it has ended. */
  async stop() {
    await this.#end('SIGTERM');
  }

  /** Kills it, as a crash does. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Backs up the database. The server is down for a moment. */
  async backUpDatabase() {
    await this.stop();
    for (const file of await this.#databaseFiles()) await cp(join(this.#folder, 'var', file), join(this.#folder, file));
    await this.startAgain();
  }

  /** Kills it, restores the backup and restarts it. The signing key stays. */
  async restoreDatabase() {
    await this.kill();
    for (const file of await this.#databaseFiles()) await rm(join(this.#folder, 'var', file));
    for (const file of await readdir(this.#folder)) {
      if (file.startsWith('linger.db')) await cp(join(this.#folder, file), join(this.#folder, 'var', file));
    }
    await this.startAgain();
  }

  async #databaseFiles() {
    return (await readdir(join(this.#folder, 'var'))).filter((file) => file.startsWith('linger.db'));
  }

  /** Kills it and restarts it with a new database and a new signing key. */
  async replaceDatabase() {
    await this.kill();
    await rm(join(this.#folder, 'var'), { recursive: true });
    await this.startAgain();
  }

  /** Kills it and removes its files. */
  async remove() {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal) {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }
}
