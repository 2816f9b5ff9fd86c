// A team reads whatever there is to read, as it comes out of syncs, probes and rules, and comes upon no name of what is another's.
import { assert, startDemo } from '../lib.mjs';

export const name = 'told: what a team reads names nothing of another';
// What is written does not depend on the window.
export const once = true;

const KINDS = ['instances', 'maintenance-events', 'load-balancers', 'zones', 'dns-records', 'apps', 'certificates'];
const ROOTS = [
  '/', '/pulse', '/map', '/regions', '/clusters', '/sources', '/findings', '/alerts', '/alerts?state=resolved', '/changes?from=7d',
  '/changes?from=7d&net=1', '/served-certificates', '/dns-changes', '/runs', '/search?q=example', '/search?q=10.',
  ...KINDS.map(kind => `/${kind}`),
  ...['findings', 'alerts', 'served-certificates', 'changes', 'sources', 'regions', 'clusters'].map(call => `/api/v1/${call}`),
];
// Pages that are read of each team, the nearest to those above first.
const READ = 200;
// Stands in forms as an example of a host.
const EXAMPLES = ['www.example.com'];

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.signIn(demo);
        // The demo's first syncs, and the looks that follow them, go on beside the first pages.
        const served = async () => (await get(visitor, '/api/v1/served-certificates?limit=1000')).items;
        for (let wait = 0; wait < 120 && !(await served()).some(item => item.judgement === 'good'); wait += 1) await page.waitForTimeout(250);
        const all = await everything(visitor);
        for (const team of ['Storefront', 'Payments', 'Media']) {
          await visitor.open('/teams');
          await page.getByRole('button', { name: `View as the team ${team}` }).click();
          await page.waitForURL(url => url.pathname === '/');
          const before = await everything(visitor);
          const read = await readFrom(visitor);
          const own = new Map([...before, ...await everything(visitor)]);
          // What a host of theirs sends names whatever it is for, to anybody who asks it.
          const sent = (await served()).map(item => item.chain);
          const theirs = JSON.stringify([[...own.values()], await listings(visitor), sent]);
          const words = [...all].filter(([id]) => !own.has(id)).flatMap(([, item]) => [item.name, item.external_id]);
          // A bare word may stand anywhere.
          const foreign = new Set(words.filter(word => word.length > 5 && /[.-]/.test(word) && !theirs.includes(word) && !EXAMPLES.includes(word)));
          assert(own.size > 10 && foreign.size > 100, `${team} has ${own.size} things, and there are ${foreign.size} names of others`);
          const found = read.flatMap(({ path, text }) => text.split(/[^\w.*-]+/).filter(word => foreign.has(word)).map(word => `${path}: ${word}`));
          assert(!found.length, `${team} reads on ${read.length} pages:\n${[...new Set(found)].slice(0, 20).join('\n')}`);
          await visitor.open('/');
          await page.getByRole('button', { name: 'Stop viewing' }).click();
          await page.waitForURL(url => url.pathname === '/teams');
        }
      },
    });
  } finally {
    await demo.stop();
  }
}

async function get(visitor, path) {
  const answer = await visitor.context.request.get(path);
  assert(answer.ok(), `${path} answered ${answer.status()}`);
  return answer.json();
}

/** All that the API lists, by id. */
async function everything(visitor) {
  const items = new Map();
  for (const kind of KINDS) {
    for (let cursor = ''; cursor !== null;) {
      const page = await get(visitor, `/api/v1/${kind}?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      for (const item of page.items) items.set(item.id, item);
      cursor = page.next_cursor;
    }
  }
  return items;
}

/** The listings that hold something of one's own, which are called by a controller's host or a zone. */
async function listings(visitor) {
  const { items } = await get(visitor, '/api/v1/sources');
  return Promise.all(items.map(source => get(visitor, `/api/v1/sources/${source.name}`)));
}

/** Pages, and those that they lead to. */
async function readFrom(visitor) {
  const [read, known, waiting] = [[], new Set(ROOTS), [...ROOTS]];
  for (let path; read.length < READ && (path = waiting.shift());) {
    const answer = await visitor.context.request.get(path);
    assert(answer.status() < 500, `${path} answered ${answer.status()}`);
    const text = (await answer.text()).replaceAll('&#x2F;', '/').replaceAll('&amp;', '&');
    read.push({ path, text });
    for (const [, link] of text.matchAll(/href="(\/[^"#]*)"/g)) {
      if (known.has(link) || /^\/(static|api\/v1\/openapi)|[?&](cursor|sort|columns|format)=/.test(link)) continue;
      known.add(link);
      waiting.push(link);
    }
  }
  return read;
}
