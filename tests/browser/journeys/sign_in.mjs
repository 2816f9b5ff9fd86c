// Signing in and out: a stranger is sent to the door and, once in, to where they wanted to go; a wrong password is refused in words.
import { assert, startDemo } from '../lib.mjs';

export const name = 'sign-in: a stranger is sent to the door and then to where they wanted to go';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.open('/instances?sort=name');
        assert(new URL(page.url()).pathname === '/sign-in', `a stranger got ${page.url()}`);

        [401, 403, 422].forEach(status => visitor.expected.add(status));
        await page.getByLabel(/e-?mail/i).fill(demo.email);
        await page.getByLabel(/password/i).fill('not the password');
        await page.getByRole('button', { name: /sign in/i }).click();
        await page.getByRole('alert').waitFor();
        await visitor.checkPage('sign-in refused');

        await page.getByLabel(/e-?mail/i).fill(demo.email);
        await page.getByLabel(/password/i).fill(demo.password);
        await page.getByRole('button', { name: /sign in/i }).click();
        await page.waitForURL(url => url.pathname === '/instances' && url.search === '?sort=name');

        await visitor.open('/account');
        await page.locator('summary[aria-label="Your account"]').click();
        await page.getByRole('button', { name: /sign out/i }).first().click();
        await page.waitForURL(/\/sign-in/);
        await visitor.open('/instances');
        assert(new URL(page.url()).pathname === '/sign-in', 'signed out, and the list is still shown');
      },
    });
  } finally {
    await demo.stop();
  }
}
