// A machine got another address, and its records have not followed: its page says so, and one click repoints them.
import { assert, startDemo } from '../lib.mjs';
import { apply, ended, state } from './switch.mjs';
import { eventually, syncNow } from './sync.mjs';

export const name = 'repoint: the records of a machine that has moved follow it by one click';

const MACHINE = 'shop-web-eu-2';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        await visitor.signIn(demo);
        const { page } = visitor;
        const machine = await eventually(async () => {
          const records = await (await visitor.context.request.get(`/api/v1/dns-records?q=${MACHINE}`)).json();
          const { items } = await (await visitor.context.request.get(`/api/v1/instances?q=${MACHINE}`)).json();
          return records.items.length && items.find(one => one.name === MACHINE);
        });
        // The made-up machine moves at the seventh look at its cloud; nobody looks at the zones meanwhile.
        const repoint = page.getByRole('button', { name: /^Repoint \d+ records? now$/ });
        await eventually(async () => {
          await syncNow(visitor, '/sources/aws-eu');
          await new Promise(resolve => setTimeout(resolve, 500));
          await visitor.open(`/instances/${machine.id}`);
          return repoint.isVisible();
        }, 90);
        await visitor.checkPage('an instance that has moved');
        await repoint.click();
        await page.getByRole('heading', { name: /^What (was planned|will be written)$/ }).waitFor();
        // Where a listing is not complete just now, that takes a reason.
        if (await page.getByLabel('Reason for going ahead anyway').count()) await apply(visitor, MACHINE);
        else await ended(visitor);
        assert(await state(page) === 'applied', `it is ${await state(page)}: ${await page.locator('main').innerText()}`);
        assert(await page.getByRole('heading', { name: 'Seen from outside' }).isVisible(), 'it says who serves it');
        await visitor.checkPage('a repoint applied');
        await visitor.open(`/instances/${machine.id}`);
        assert(!(await repoint.count()), 'the records follow, and the page still says that they do not');
      },
    });
  } finally {
    await demo.stop();
  }
}
