// Somebody has a piece of an address and wants to know whose it is, which names lead there, and which balancer stands before it.
import { assert, startDemo } from '../lib.mjs';

export const name = 'find: part of an address leads to the instance, its records and its balancer';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.signIn(demo);
        const { address, instance } = await balanced(visitor);

        await visitor.open('/');
        const box = page.getByRole('searchbox').first();
        // Without its first digits, as one remembers an address.
        await box.fill(address.slice(2));
        await box.press('Enter');
        await page.waitForURL(/\/search\?/);
        await visitor.checkPage('search for a part of an address');
        await page.getByRole('main').getByRole('link', { name: instance }).first().click();
        await page.waitForURL(/\/instances\/[^/]+$/);
        await page.getByRole('heading', { level: 1, name: instance }).waitFor();
        const main = page.getByRole('main');
        assert(await main.getByText(address).count(), `${instance} does not show ${address}`);
        for (const kind of ['dns-records', 'load-balancers']) {
          assert(await main.locator(`a[href^="/${kind}/"]`).count(), `${instance} shows none of its ${kind}`);
        }
        await visitor.checkPage('an instance with records and a balancer');

        // What begins with a word comes at once; what only contains it a script brings, and a link without one.
        await visitor.open('/search?q=shop');
        const within = page.getByRole('main').getByRole('link', { name: 'old-shop-eu-1' });
        if (!visitor.script) {
          assert(!await within.count(), 'what only contains the word is on the first page');
          await page.getByRole('link', { name: /^Show also what contains/ }).click();
        }
        await within.waitFor();
        await visitor.checkPage('search for a word that is within others');
      },
    });
  } finally {
    await demo.stop();
  }
}

/** An instance that has both a record and a balancer, and its public address, out of the API's own answers. */
async function balanced(visitor) {
  const get = async path => (await visitor.context.request.get(`/api/v1${path}`)).json();
  for (const item of (await get('/instances?limit=200')).items) {
    const { neighbours, attrs, name } = await get(`/instances/${item.id}`);
    const met = Object.keys(neighbours ?? {}).map(kind => kind.replace(/_/g, '-'));
    const address = (attrs.addresses ?? []).map(entry => entry.address ?? entry).find(text => !/^10\.|:/.test(text));
    if (address && met.some(kind => /^dns-records?$/.test(kind)) && met.some(kind => /^load-balancers?$/.test(kind))) {
      return { address, instance: name };
    }
  }
  throw new Error('the demo has no instance with a record and a balancer');
}
