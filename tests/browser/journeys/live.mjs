// Two windows: what is changed in one is on the page that lies open in the other, without anybody reloading it, and no form is lost.
import { assert, startDemo } from '../lib.mjs';
import { apply, ended, state } from './switch.mjs';
import { eventually } from './sync.mjs';

export const name = 'live: an open page shows what is changed elsewhere, and waits for whoever fills in a form';
// Without script a page shows what has changed when it is opened.
export const once = true;

const MACHINE = 'shop-web-eu-2';
// A window asks every five seconds.
const SOON = { timeout: 12_000 };

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        await visitor.signIn(demo);
        const ask = async path => (await (await visitor.context.request.get(`/api/v1/${path}`)).json()).items;
        const [machine, zone] = await eventually(async () => {
          const found = [(await ask(`instances?q=${MACHINE}`))[0], (await ask(`dns-records?q=${MACHINE}`))[0]?.attrs.zone];
          return found.every(Boolean) && found;
        });
        const { page } = visitor;
        await visitor.open(`/instances/${machine.id}`);
        const record = page.getByRole('link', { name: `beside.${zone}` });
        const other = await visitor.anotherTab();
        try {
          await leadHere(other, machine, zone);
          await record.first().waitFor(SOON);
          assert(await page.locator('#live .copy').count() > 0, 'what is new can be copied as what was there before');
          await visitor.checkPage('an open page after a change elsewhere');

          const choice = page.getByLabel('Point every record that leads here at');
          await choice.selectOption({ index: 1 });
          const chosen = await choice.inputValue();
          await other.page.getByRole('button', { name: 'Take it back' }).click();
          await ended(other);
          const show = page.getByRole('button', { name: 'Show it' });
          await show.waitFor(SOON);
          assert(await record.count() > 0 && await choice.inputValue() === chosen, 'nothing moves under a form that is being filled in');
          await visitor.checkPage('an open page that waits for a form');
          await show.click();
          await eventually(async () => !(await record.count()));
          assert(await choice.inputValue() === chosen, 'what was chosen in the form is lost');
          assert(!(await show.count()), 'it says no more that there is something to show');

          await other.page.getByLabel('Your account').click();
          await other.page.getByRole('button', { name: /sign out/i }).click();
          await page.getByText('This page does not follow what changes any more.').waitFor(SOON);
        } finally {
          await other.leave();
        }
      },
    });
  } finally {
    await demo.stop();
  }
}

/** Makes one more record that leads to the machine, beginning on its page. */
async function leadHere(visitor, machine, zone) {
  const { page } = visitor;
  await visitor.open(`/instances/${machine.id}`);
  await page.getByRole('link', { name: 'New record that leads here' }).click();
  await page.getByLabel('Zone').fill(zone);
  await page.getByLabel('Name', { exact: true }).fill('beside');
  await page.getByRole('button', { name: 'Show what will be written' }).click();
  await page.getByRole('heading', { name: 'What will be written' }).waitFor();
  await apply(visitor, MACHINE);
  assert(await state(page) === 'applied', `it is ${await state(page)}: ${await page.locator('main').innerText()}`);
}
