// Somebody sees something red on the map, wants to know what it is, and then where a row of the table lies.
import { assert, startDemo } from '../lib.mjs';

export const name = 'map: from a marker to its row, from a row to its marker, from a figure to its list';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.signIn(demo);
        await page.goto('/map?region=eu');
        const row = page.locator('tr#cluster-eu-production');
        const marker = page.locator('svg a#on-map-cluster-eu-production');
        // By the keyboard, as somebody without a mouse would.
        await marker.focus();
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/map\?region=eu#cluster-eu-production$/);
        assert(await row.evaluate(element => element.matches(':target')), 'the row is not marked');
        assert(await row.isVisible(), 'the row is not in sight');

        await row.getByRole('link', { name: 'eu-production on the map' }).click();
        await page.waitForURL(/\/map\?region=eu#on-map-cluster-eu-production$/);
        assert(await marker.evaluate(element => element.matches(':target')), 'the marker is not marked');

        const figure = row.locator('td.num a').first();
        const shown = Number((await figure.textContent()).replace(/\D/g, ''));
        await figure.click();
        await page.waitForURL(/\/instances\?cluster=eu-production$/);
        const rows = await page.locator('#list tbody tr').count();
        assert(rows === shown, `the figure says ${shown}, the list has ${rows}`);
        await page.goBack();
        assert(await row.isVisible(), 'the way back does not lead to the map');
      },
    });
  } finally {
    await demo.stop();
  }
}
