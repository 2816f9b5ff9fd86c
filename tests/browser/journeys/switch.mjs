// A cluster is switched from one balancer to another and back: the plan, one click, the steps and the servers watched, one click back.
import { assert, startDemo } from '../lib.mjs';
import { eventually } from './sync.mjs';

export const name = 'switch: a cluster is switched to another balancer, watched, and taken back';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        await visitor.signIn(demo);
        const { page } = visitor;
        const balancers = await eventually(async () => {
          const { items } = await (await visitor.context.request.get('/api/v1/load-balancers')).json();
          const records = await (await visitor.context.request.get('/api/v1/dns-records?q=eu.edge')).json();
          const named = name => items.find(one => one.name === name);
          return records.items.length && named('eu-edge') && named('us-edge') && { from: named('eu-edge'), to: named('us-edge') };
        });
        await visitor.open(`/load-balancers/${balancers.from.id}`);
        await page.getByLabel('Point everything that leads here at').selectOption(String(balancers.to.id));
        await page.getByRole('button', { name: 'Show the plan' }).click();
        await page.getByRole('heading', { name: 'What will be written' }).waitFor();
        await visitor.checkPage('dns change planned');
        await apply(visitor, 'us-edge');
        assert(await state(page) === 'applied', `it is ${await state(page)}: ${await page.locator('main').innerText()}`);
        await visitor.checkPage('dns change applied');
        const before = page.url();
        await page.getByRole('button', { name: 'Take it back' }).click();
        await page.waitForURL(url => url.href !== before);
        await ended(visitor);
        assert(await state(page) === 'applied', `the way back is ${await state(page)}`);
        await page.getByRole('link', { name: /^change \d+$/ }).first().click();
        assert(await state(page) === 'taken back', `the switch is ${await state(page)}`);
        await visitor.checkPage('dns change taken back');
        await visitor.open('/dns-changes');
        assert(await page.getByRole('link', { name: /^Switch from eu-edge to us-edge$/ }).isVisible(), 'the list has it');
        await visitor.checkPage('dns changes');
        // The switch and its way back are part of what the cluster tells of itself.
        await visitor.open(`/clusters/${balancers.from.cluster}`);
        await page.getByRole('list', { name: 'Switches' }).getByRole('listitem').nth(1).waitFor();
        await visitor.checkPage('cluster that was switched');
      },
    });
  } finally {
    await demo.stop();
  }
}

/** Applies the plan that is shown, whatever has to be said for it, and waits for its end. */
export async function apply(visitor, name) {
  const { page } = visitor;
  const reason = page.getByLabel('Reason for going ahead anyway');
  if (await reason.count()) await reason.fill('drained for maintenance');
  const typed = page.getByLabel(/^Type .* to confirm$/);
  if (await typed.count()) await typed.fill(name);
  await page.getByRole('button', { name: /^Change \d+ records? now$/ }).click();
  await ended(visitor);
}

/** How the change that is shown stands. */
export const state = async page => (await page.locator('.run-state').first().innerText()).trim();

/** The page follows the run by itself; without script it is read again. */
export async function ended(visitor) {
  await eventually(async () => {
    if (!visitor.script) await visitor.page.reload();
    return !['waiting', 'applying', 'cancelling'].includes(await state(visitor.page));
  });
}
