// What the journeys stand on: the program under test, a browser, a visitor with a width, a theme and perhaps without JavaScript, and
// the checks that each page must pass. Elements are found as a person finds them: by role, label and text.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { faultsOfAnswer, faultsOfFolder, plant } from './canaries.mjs';

export const WIDTHS = { wide: 1440, narrow: 390 };
export const THEMES = ['light', 'dark'];

// A page that is slower than this is broken.
const PATIENCE = 10_000;
// Without these Chromium phones home, which a closed network answers with errors.
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Starts a subcommand of the program; `say` collects what it logs, for the report of a failure. */
export function start(program, args, { env = {}, cwd } = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, cwd });
  const log = [];
  createInterface({ input: child.stderr }).on('line', line => log.push(line));
  const lines = createInterface({ input: child.stdout });
  const ended = new Promise(resolve => child.once('close', resolve).once('error', resolve));
  return {
    log,
    /** The first line that it prints on standard output. */
    firstLine: () => within(60_000, `a line from ${program} ${args.join(' ')}`, new Promise((resolve, reject) => {
      lines.once('line', resolve);
      child.once('error', reject);
      ended.then(() => reject(new Error(`${program} ${args.join(' ')} ended:\n${log.slice(-20).join('\n')}`)));
    })),
    /** The first match in what it logs. */
    logged: pattern => within(60_000, `${pattern} in the log`, (async () => {
      for (;;) {
        const match = log.map(line => pattern.exec(line)).find(Boolean);
        if (match) return match;
        if (child.exitCode !== null) throw new Error(`it ended:\n${log.slice(-20).join('\n')}`);
        await new Promise(resolve => setTimeout(resolve, 50));
      }
    })()),
    async stop() {
      child.kill('SIGTERM');
      const forced = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(forced);
    },
  };
}

/** `quarterdeck demo`: the address and who may sign in. */
export async function startDemo(program) {
  const folder = mkdtempSync(join(tmpdir(), 'quarterdeck-browser-'));
  const demo = start(program, ['demo', '--listen', '127.0.0.1:0'], { env: { TMPDIR: folder } });
  const stop = async url => {
    // It takes its database along when it ends.
    const faults = url ? faultsOfFolder(folder, demo.log, url) : [];
    await demo.stop();
    rmSync(folder, { recursive: true, force: true });
    if (faults.length) throw new Error(faults.join('\n    '));
  };
  try {
    const [url, email, password] = (await demo.firstLine()).trim().split(/\s+/);
    plant(url, password);
    return { url: url.replace(/\/$/, ''), email, password, stop: () => stop(url), log: demo.log };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A browser with a profile of its own. */
export async function launch() {
  const executablePath = process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  if (!executablePath) throw new Error('there is no Chromium: tests/prepare installs it, or set CHROMIUM');
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/** An empty folder that is gone when `use` has ended. */
export async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'quarterdeck-browser-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Somebody with a browser window. Whatever the browser complains about on the way (errors on the console, refused by the
 * content security policy, requests that fail, answers from 500) is collected and fails the test at its end.
 */
export class Visitor {
  static async arrive(browser, site, { width = 'wide', theme = 'light', script = true, cookies = [] } = {}) {
    const context = await browser.newContext({
      baseURL: site, viewport: { width: WIDTHS[width], height: 900 }, colorScheme: theme, javaScriptEnabled: script,
      reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'Europe/Warsaw',
    });
    await context.addCookies(cookies);
    context.setDefaultTimeout(PATIENCE);
    return Visitor.#in(context, { context, site, width, theme, script });
  }

  /** The same person with another tab, who has the style sheets, scripts and fonts already. */
  async anotherTab() {
    const { context, site, width, theme, script } = this;
    return Visitor.#in(context, { site, context, width, theme, script, isTab: true });
  }

  static async #in(context, its) {
    const visitor = Object.assign(new Visitor(), { ...its, complaints: [], reading: [], expected: new Set() });
    visitor.page = await context.newPage();
    visitor.#listen();
    return visitor;
  }

  #listen() {
    const complain = what => this.complaints.push(what);
    this.page.on('pageerror', error => complain(`script error: ${error.message}`));
    this.page.on('console', message => {
      // The browser repeats each refused answer here; those are judged by their status below.
      if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) complain(`console: ${message.text()}`);
    });
    this.page.on('requestfailed', request => {
      // A page that is left stops what it was loading.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') complain(`${request.failure()?.errorText} for ${request.url()}`);
    });
    this.page.on('request', request => {
      const url = new URL(request.url());
      if (/^http/.test(url.protocol) && url.origin !== new URL(this.site).origin) complain(`a foreign request: ${url.href}`);
    });
    this.page.on('response', response => {
      if (response.status() >= 400 && !this.expected.has(response.status())) complain(`${response.status()} for ${response.url()}`);
      this.#search(response);
    });
  }

  /** No page and no part of one may tell a planted secret. */
  #search(response) {
    const request = response.request();
    if (!['document', 'xhr', 'fetch'].includes(request.resourceType())) return;
    // Of one that sends on, or that was left meanwhile, there is no text.
    this.reading.push(response.text().then(text => {
      this.complaints.push(...faultsOfAnswer(response.url(), request.method(), text, this.site));
    }, () => {}));
  }

  /** Opens a path and gives the answer's status, which must be the expected one. */
  async open(path, status = 200) {
    if (status >= 400) this.expected.add(status);
    const response = await this.page.goto(path);
    if (response.status() !== status) throw new Error(`${path} answered ${response.status()}, not ${status}`);
    return response;
  }

  async signIn({ email, password }) {
    await this.open('/sign-in');
    await this.page.getByLabel(/e-?mail/i).fill(email);
    await this.page.getByLabel(/password/i).fill(password);
    await this.page.getByRole('button', { name: /sign in/i }).click();
    await this.page.waitForURL(url => !url.pathname.startsWith('/sign-in'));
    const cookies = await this.context.cookies();
    cookies.filter(cookie => cookie.httpOnly && cookie.value.length > 20).forEach(cookie => plant(this.site, cookie.value));
  }

  /** Chooses `theme` in the menu of the account, as a person would. */
  async switchTheme(theme) {
    const menu = this.page.getByLabel('Your account');
    await menu.click();
    await this.page.getByRole('button', { name: new RegExp(`^${theme}$`, 'i') }).click();
    await this.page.locator(`html[data-bs-theme="${theme}"]`).waitFor({ timeout: 5000 });
    if (await this.page.locator('details.menu[open] > summary[aria-label="Your account"]').count()) await menu.click();
    this.theme = theme;
  }

  /** What holds on every page: a title, one h1, nothing wider than the window, and no fault that axe can find. */
  async checkPage(name) {
    const faults = [];
    if (!(await this.page.title()).trim()) faults.push('it has no title');
    const headings = await this.page.locator('h1').count();
    if (headings !== 1) faults.push(`it has ${headings} h1 headings, not one`);
    faults.push(...await this.#overflow(), ...await this.#axe());
    await this.picture(name);
    if (faults.length) throw new Error(`${this.page.url()}\n    ${faults.join('\n    ')}`);
  }

  // Evaluation goes through the debugger, so it works where the page's own script is off.
  async #overflow() {
    return this.page.evaluate(() => {
      const limit = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= limit) return [];
      const name = element => element.tagName.toLowerCase() + (element.className ? `.${String(element.className).split(' ')[0]}` : '');
      const wide = [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > limit + 1);
      const scrolled = element => element.parentElement?.closest('.table-responsive, .overflow-auto, pre');
      const culprits = wide.filter(element => !scrolled(element)).slice(0, 5).map(name).join(', ');
      return [`it is ${document.documentElement.scrollWidth} px wide in a window of ${limit} px: ${culprits}`];
    });
  }

  async #axe() {
    if (!this.script) return [];
    const violations = await this.page.evaluate(async source => {
      if (!window.axe) (0, eval)(source);
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
      return violations;
    }, axeSource).catch(error => { throw new Error(`axe does not run here: ${error.message}`); });
    return violations.flatMap(({ id, impact, help, nodes }) => [
      `axe ${id} (${impact}): ${help}`,
      ...nodes.slice(0, 3).map(node => `    ${node.target.join(' ')}: ${node.failureSummary.replace(/\s*\n\s*/g, ' ')}`),
    ]);
  }

  /** Keeps a picture of the whole page, if somebody wants pictures. */
  async picture(name) {
    const folder = process.env.QUARTERDECK_SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    const file = [name, this.width, this.theme, ...this.script ? [] : ['noscript']].join('-').replace(/[^\w.-]+/g, '_');
    await this.page.screenshot({ path: join(folder, `${file}.png`), fullPage: true });
  }

  /** Ends the visit; what the browser complained about is a failure. */
  async leave() {
    await Promise.race([Promise.all(this.reading), new Promise(resolve => { setTimeout(resolve, 2000).unref(); })]);
    await (this.isTab ? this.page : this.context).close();
    if (this.complaints.length) throw new Error(`the browser complained:\n    ${[...new Set(this.complaints)].join('\n    ')}`);
  }
}

export function assert(condition, text) {
  if (!condition) throw new Error(text);
}

function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds / 1000} s in vain for ${what}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
