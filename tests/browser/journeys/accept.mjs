// The made-up platform loses most records of one zone at the third look. The guard holds that; a person reads the list and accepts it.
import { assert, startDemo } from '../lib.mjs';
import { eventually, syncNow } from './sync.mjs';

export const name = 'accept: a held loss is shown, accepted with a reason, and gone';

const ZONE = 'spring-sale.example';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.signIn(demo);
        const source = await sourceOf(visitor, ZONE);
        const held = await eventually(async () => {
          await syncNow(visitor, `/sources/${source}`);
          await new Promise(resolve => setTimeout(resolve, 1000));
          return (await losses(visitor, source)).length > 0;
        }, 60);
        assert(held, 'nothing was held');

        await visitor.open(`/sources/${source}`);
        assert(await page.getByText(ZONE).count(), `the page does not name ${ZONE}`);
        await visitor.checkPage('a source with a held loss');
        await page.getByLabel(/reason|why/i).first().fill('the campaign is over');
        await page.getByRole('button', { name: /accept/i }).first().click();
        await page.waitForLoadState();
        await eventually(async () => (await losses(visitor, source)).length === 0);
        await visitor.open('/audit');
        assert(await page.getByText('the campaign is over').count(), 'the audit does not tell the reason');
      },
    });
  } finally {
    await demo.stop();
  }
}

async function sourceOf(visitor, zone) {
  const answer = await visitor.context.request.get(`/api/v1/zones?q=${zone}`);
  const [item] = (await answer.json()).items;
  assert(item, `the demo has no zone ${zone}`);
  return item.source;
}

async function losses(visitor, source) {
  const answer = await (await visitor.context.request.get(`/api/v1/sources/${source}`)).json();
  return answer.held_losses ?? [];
}
