// Purging an app's caches: the plan, one click, and the run's page that follows it to its end.
import { assert, startDemo } from '../lib.mjs';
import { eventually } from './sync.mjs';

export const name = 'purge: an app\'s caches are purged, and the run is watched';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        await visitor.signIn(demo);
        const { page } = visitor;
        // Of its first sync the platform knows apps and zones after a moment.
        const app = await eventually(async () => {
          const apps = await (await visitor.context.request.get('/api/v1/apps?q=catalog')).json();
          const zones = await (await visitor.context.request.get('/api/v1/zones?q=example.com')).json();
          return zones.items.length && apps.items.find(one => one.attrs.domains.length === 2);
        });
        await visitor.open(`/apps/${app.id}`);
        await page.getByRole('link', { name: /purge the cache/i }).click();
        await page.getByLabel(app.attrs.domains[1], { exact: true }).uncheck();
        await page.getByRole('button', { name: /show the plan/i }).click();
        await page.getByRole('button', { name: /purge 1 host/i }).waitFor();
        await visitor.checkPage('cache purge planned');
        await page.getByLabel('Why').fill('new prices are out');
        await page.getByRole('button', { name: /purge 1 host/i }).click();
        await page.waitForURL(/\/runs\/\d+$/);
        await visitor.checkPage('run');
        const done = page.getByRole('status').filter({ hasText: /succeeded/ });
        if (visitor.script) {
          await done.waitFor({ timeout: 15_000 });
        } else {
          await eventually(async () => {
            await page.reload();
            return done.isVisible();
          });
        }
        assert(await page.getByText('Accepted by the provider').isVisible(), 'it says what acceptance is worth');
        await page.getByText('What was sent, and what came back').click();
        await visitor.checkPage('run ended');
        await visitor.open('/runs');
        assert(await page.getByRole('link', { name: /purge 1 host/i }).isVisible(), 'the list has it');
        await visitor.checkPage('runs');
      },
    });
  } finally {
    await demo.stop();
  }
}
