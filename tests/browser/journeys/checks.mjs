// The checks themselves: a page without fault passes them, and each fault is found. A check that cannot fail checks nothing.
import { createServer } from 'node:http';
import { assert } from '../lib.mjs';

export const name = 'checks: a page without fault passes and each fault is found';
export const once = true;

const page = (body, head = '<title>Deck</title>') =>
  `<!doctype html><html lang="en"><head>${head}<link rel="icon" href="data:,"></head><body><main>${body}</main></body></html>`;

const SITE = {
  '/good': page('<h1>Deck</h1><p>All is well.</p>'),
  '/untitled': page('<h1>Deck</h1>', ''),
  '/two-headings': page('<h1>Deck</h1><h1>Deck</h1>'),
  '/wide': page('<h1>Deck</h1><div class="plank" style="width: 2000px">plank</div>'),
  '/pale': page('<h1>Deck</h1><p style="color: #ddd; background: #fff">pale</p>'),
  '/unlabelled': page('<h1>Deck</h1><input type="text">'),
  '/console': page('<h1>Deck</h1><script src="/loud.js"></script>'),
  '/inline': page('<h1>Deck</h1><script>document.title = "written inline"</script>'),
  '/missing-part': page('<h1>Deck</h1><script src="/nowhere.js"></script>'),
  '/foreign': page('<h1>Deck</h1><img alt="" src="http://127.0.0.2:9/far.png">'),
};

const FAULTS = {
  '/untitled': /no title/,
  '/two-headings': /2 h1/,
  '/wide': /px wide in a window.*plank/,
  '/pale': /color-contrast/,
  '/unlabelled': /axe label/,
  '/console': /it creaks/,
  '/inline': /Content Security Policy/i,
  '/missing-part': /404 for .*nowhere\.js/,
  '/foreign': /a foreign request/,
};

export async function journey({ visit }) {
  const server = createServer((request, response) => {
    if (request.url === '/loud.js') return response.setHeader('content-type', 'text/javascript').end('console.error("it creaks")');
    if (!SITE[request.url]) return response.writeHead(404).end();
    // As strict as the panel's own, but for the styles that these pages carry along.
    response.setHeader('content-security-policy', "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src *  data:");
    response.setHeader('content-type', 'text/html; charset=utf-8').end(SITE[request.url]);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const site = `http://127.0.0.1:${server.address().port}`;
  const check = path => visit(site, {
    use: async visitor => {
      await visitor.open(path);
      await visitor.checkPage(`checks${path}`);
    },
  }).then(() => '', error => error.message);
  try {
    const good = await check('/good');
    assert(good === '', `the page without fault was refused: ${good}`);
    for (const [path, fault] of Object.entries(FAULTS)) {
      const found = await check(path);
      assert(fault.test(found), `${path} should have shown ${fault}, and showed: ${found || 'nothing'}`);
    }
    await visit(site, {
      script: false,
      use: async visitor => {
        await visitor.open('/wide');
        const found = await visitor.checkPage('checks-wide').then(() => '', error => error.message);
        assert(/px wide/.test(found), `without script: ${found || 'nothing'}`);
      },
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
