// Somebody says of a record that it is someone else's: the page tells it, and no plan touches the record any more.
import { assert, startDemo } from '../lib.mjs';
import { eventually } from './sync.mjs';

export const name = 'annotation: a record that is marked as someone else\'s is left alone';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        await visitor.signIn(demo);
        const { page } = visitor;
        const record = await eventually(async () => {
          const { items } = await (await visitor.context.request.get('/api/v1/dns-records?q=router-eu-1')).json();
          return items.find(one => one.attrs.type === 'A');
        });
        await visitor.open(`/dns-records/${record.id}`);
        await page.getByText(/^Note, or mark as/).click();
        await page.getByLabel(/^Someone else's/).fill('the shop <b>');
        await page.getByLabel("A machine's own name").check();
        await page.getByLabel('Note', { exact: true }).fill('ask Olga first');
        await visitor.checkPage('a note being made');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.waitForLoadState();
        assert(await page.getByText('the shop <b>: it is left alone.').isVisible(), 'the page says whose it is');
        assert(await page.getByText('ask Olga first').isVisible(), 'the page has the note');
        assert(await page.getByText('A switch leaves it alone.').isVisible(), 'the page says that it is a machine\'s own');
        await visitor.checkPage('a record with a note');
        await page.getByRole('link', { name: 'Delete this value' }).click();
        await page.getByRole('button', { name: 'Show what will be written' }).click();
        await page.getByText(/is marked as someone else's \(the shop <b>\)/).waitFor();
        assert(!(await page.getByRole('button', { name: /^Change \d+ record/ }).count()), 'nobody can apply it');
        await visitor.checkPage('a plan that is refused');
      },
    });
  } finally {
    await demo.stop();
  }
}
