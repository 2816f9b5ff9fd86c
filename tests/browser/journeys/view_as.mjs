// An administrator wants to know what somebody really sees: looks as that person and as a team, can do nothing meanwhile, and is himself again.
import { assert, startDemo } from '../lib.mjs';

export const name = 'view as: what another sees, a sentence on each page, nothing done, and the way out';

const SOFIA = 'sofia@storefront.example';
// One of each sort: the dashboard, lists, what was found, what is open, a map, a tape, one's own account.
const PATHS = ['/', '/instances', '/apps', '/search?q=shop', '/findings', '/alerts', '/map', '/changes', '/served-certificates', '/account'];

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.signIn(demo);
        await visitor.open('/users');
        await page.getByRole('button', { name: `View as ${SOFIA}` }).click();
        await page.waitForURL(url => url.pathname === '/');
        for (const path of PATHS) {
          await visitor.open(path);
          await banner(page, SOFIA).waitFor();
          await visitor.checkPage(`viewed ${path}`);
        }
        const hers = await apps(visitor);
        assert(hers.includes('cart') && !hers.includes('ledger'), `she sees ${hers.join(', ')}`);
        // What is for administrators is not there for her.
        await visitor.open('/users', 404);

        await visitor.open('/account');
        await page.getByLabel('Current password').fill(demo.password);
        await page.getByLabel('New password', { exact: true }).fill('quiet harbour lantern');
        await page.getByLabel('New password again').fill('quiet harbour lantern');
        visitor.expected.add(403);
        await page.getByRole('button', { name: 'Change password' }).click();
        await page.getByRole('heading', { name: 'You are viewing as somebody else' }).waitFor();
        assert(await page.getByText(/can only look\. Nothing was changed/).count(), 'the refusal does not say why');
        await visitor.checkPage('view as, refused');

        await visitor.open('/');
        await page.getByRole('button', { name: 'Stop viewing' }).click();
        await page.waitForURL(url => url.pathname === '/teams');
        await page.getByText('You are back in your own view.').waitFor();
        assert(!(await banner(page, '').count()), 'the banner is still there');
        // Not before: the demo's first syncs go on beside the first pages.
        const all = await apps(visitor);
        assert(all.includes('ledger') && hers.every(app => all.includes(app)), 'hers are some of all, and all is back');

        await visitor.open('/teams');
        await page.getByRole('button', { name: 'View as the team Media' }).click();
        await banner(page, 'the team Media').waitFor();
        const theirs = await apps(visitor);
        assert(theirs.includes('player') && !theirs.includes('cart'), `they see ${theirs.join(', ')}`);
        await page.getByRole('button', { name: 'Stop viewing' }).click();
        await page.waitForURL(url => url.pathname === '/teams');

        await visitor.open('/audit?q=view_as');
        const acts = await page.locator('main tbody code').allInnerTexts();
        const looks = acts.filter(text => text.startsWith('view_as.')).join(' ');
        assert(looks === 'view_as.end view_as.begin view_as.end view_as.begin', `the audit has ${looks}`);
      },
    });
  } finally {
    await demo.stop();
  }
}

function banner(page, whom) {
  return page.getByRole('status').filter({ hasText: `You are viewing the panel as ${whom}` });
}

/** The names of the apps on the list. */
async function apps(visitor) {
  await visitor.open('/apps?limit=200');
  return visitor.page.locator('#list tbody tr a[href^="/apps/"]').allInnerTexts();
}
