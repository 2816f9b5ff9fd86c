// Before a switch the times to live are lowered; the page says from when it is safe, and leads on to what was prepared.
import { assert, startDemo } from '../lib.mjs';
import { apply, state } from './switch.mjs';
import { eventually } from './sync.mjs';

export const name = 'prepare: times to live are lowered before a switch';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        await visitor.signIn(demo);
        const { page } = visitor;
        const balancers = await eventually(async () => {
          const { items } = await (await visitor.context.request.get('/api/v1/load-balancers')).json();
          const records = await (await visitor.context.request.get('/api/v1/dns-records?q=router-eu-1')).json();
          const named = name => items.find(one => one.name === name);
          return records.items.length && named('eu-edge') && named('us-edge') && { from: named('eu-edge'), to: named('us-edge') };
        });
        await visitor.open(`/load-balancers/${balancers.from.id}`);
        await page.getByLabel('Point everything that leads here at').selectOption(String(balancers.to.id));
        await page.getByRole('button', { name: 'Prepare: lower TTLs to 60 s' }).click();
        await page.getByRole('heading', { name: 'What will be written' }).waitFor();
        assert(await page.getByText(/is the own name of router-eu-1/).first().isVisible(), 'a machine keeps its own name');
        await visitor.checkPage('a preparation planned');
        await page.getByRole('button', { name: "Plan it again with the machines' own names" }).click();
        await page.getByText('300 s → 60 s').first().waitFor();
        await apply(visitor, 'us-edge');
        assert(await state(page) === 'applied', `it is ${await state(page)}: ${await page.locator('main').innerText()}`);
        await page.getByText(/Safe to switch/).first().waitFor();
        await visitor.checkPage('a preparation applied');
        await page.getByRole('button', { name: 'Plan what was prepared' }).click();
        await page.getByRole('heading', { name: 'What will be written' }).waitFor();
        assert(await page.getByText('Follows', { exact: true }).isVisible(), 'the switch follows its preparation');
      },
    });
  } finally {
    await demo.stop();
  }
}
