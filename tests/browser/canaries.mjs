// The search for planted secrets in what a panel under test leaves behind: the pages and answers that a browser got, its log, its folder
// with the database. What outlives the panel (the output of this run) is searched by tests/canaries.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the settings of the demo's apps and its partner's token are known by: nothing else has these in it. tests/canaries has them too. */
const DEMO = ['@db.example.net/', '@queue.example.net/', 'pdt_4f1c-made-up'];

const planted = new Map();

/** How much was searched, so that a search of nothing does not pass for a good one. */
export const searched = { answers: 0, files: 0 };

/** One more secret that this panel must show nobody: a password, the cookie of a session. */
export function plant(site, secret) {
  const of = new URL(site).origin;
  planted.set(of, [...planted.get(of) ?? [], secret]);
}

/** The planted secrets in a text, each as it is or as a URL has it; named by their beginning, since this is printed. */
export function secretsIn(text, site) {
  return [...DEMO, ...planted.get(new URL(site).origin) ?? []]
    .filter(secret => text.includes(secret) || text.includes(encodeURIComponent(secret)))
    .map(secret => `${secret.slice(0, 6)}…`);
}

/** The faults of an answer. A page of values shows them to somebody who has given his password, and is meant to. */
export function faultsOfAnswer(url, method, text, site) {
  if (method === 'POST' && new URL(url).pathname.endsWith('/values')) return [];
  searched.answers += 1;
  return secretsIn(text, site).map(secret => `the planted secret ${secret} is in what ${method} ${url} answered`);
}

/** The faults of what lies in a folder, and of a log. A key and a configuration are where secrets belong. */
export function faultsOfFolder(folder, log, site) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !/\.(key|toml)$/.test(entry.name));
  searched.files += files.length;
  return [
    ...files.flatMap(({ parentPath, name }) => {
      // A database is no text; byte by byte each of its bytes is a letter, and the secrets are of the first 128.
      const found = secretsIn(readFileSync(join(parentPath, name), 'latin1'), site);
      return found.map(secret => `the planted secret ${secret} is in the file ${name}`);
    }),
    ...secretsIn(log.join('\n'), site).map(secret => `the planted secret ${secret} is in the log`),
  ];
}
