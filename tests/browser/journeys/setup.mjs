// The first start: nothing is configured, the log shows a link, and whoever opens it becomes the administrator. The link works once.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { faultsOfFolder, plant } from '../canaries.mjs';
import { assert, inFolder, start } from '../lib.mjs';

export const name = 'setup: the link in the log makes the first administrator, once';

const password = 'quiet harbour lantern';

export const journey = ({ program, visit }) => inFolder(async folder => {
  const listen = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'quarterdeck.toml');
  writeFileSync(config, [
    `public_url = "http://${listen}"`, `listen = "${listen}"`,
    `database_url = "sqlite://${join(folder, 'panel.sqlite3')}"`, `secret_key_file = "${join(folder, 'panel.key')}"`,
  ].join('\n'));
  const panel = start(program, ['serve', '--config', config], { cwd: folder });
  plant(`http://${listen}`, password);
  try {
    const [, link] = await panel.logged(/(\/setup\?token=[\w.~%-]+)/);
    await visit(`http://${listen}`, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.open(link);
        await visitor.checkPage('setup');
        await page.getByLabel(/e-?mail/i).fill('captain@example.com');
        await page.getByLabel(/^password/i).fill(password);
        await page.getByLabel(/again|repeat|confirm/i).fill(password);
        await page.getByRole('button', { name: /make|create/i }).click();
        await page.waitForURL(url => !url.pathname.startsWith('/setup'));
        await visitor.open('/account');
        assert(await page.getByText('captain@example.com').count(), 'the new administrator is not signed in');
        await visitor.checkPage('account of the first administrator');
      },
    });
    await visit(`http://${listen}`, { use: visitor => visitor.open(link, 404) });
    const faults = faultsOfFolder(folder, panel.log, `http://${listen}`);
    assert(!faults.length, faults.join('\n'));
  } finally {
    await panel.stop();
  }
});

function freePort() {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
