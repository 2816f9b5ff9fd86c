// An invitation: an administrator makes the link, somebody else opens it, chooses a password, and is in. The link works once.
import { assert, startDemo } from '../lib.mjs';

export const name = 'invitation: a link makes an account of the role that was chosen, once';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    let link;
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.signIn(demo);
        await visitor.open('/users');
        const form = page.locator('form[action="/invitations"]');
        await form.getByLabel(/e-?mail/i).fill('grace@example.com');
        await form.getByLabel(/role/i).selectOption('operator');
        await form.getByRole('button', { name: /create the link/i }).click();
        link = await page.locator('.secret code').innerText();
        await page.getByRole('heading', { name: /invited/i }).waitFor();
        await visitor.checkPage('users, invited');
      },
    });
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.open(link);
        await visitor.checkPage('invitation');
        await page.getByLabel(/^password/i).fill('quiet harbour lantern');
        await page.getByLabel(/again/i).fill('quiet harbour lantern');
        await page.getByRole('button', { name: /create the account/i }).click();
        await page.waitForURL(url => url.pathname === '/');
        await visitor.open('/account');
        assert(await page.getByText('grace@example.com').count(), 'whoever was invited is not signed in');
        await visitor.open(link, 404);
        await visitor.checkPage('invitation, dead');
      },
    });
  } finally {
    await demo.stop();
  }
}
