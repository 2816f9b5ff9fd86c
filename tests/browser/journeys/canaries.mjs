// A value of an app's settings is shown to whoever proves who he is, and stands nowhere else: on no page, in no answer, export or zone file.
// That it is found on the page that shows it also proves that the search, which runs along with every other journey, can find.
import { secretsIn } from '../canaries.mjs';
import { assert, startDemo } from '../lib.mjs';

export const name = 'canaries: what an app is configured with is shown after the password, and nowhere else';
export const once = true;

const KINDS = ['instances', 'maintenance-events', 'load-balancers', 'zones', 'dns-records', 'apps', 'certificates'];

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        const get = async path => (await visitor.context.request.get(path)).text();
        await visitor.signIn(demo);
        const { items: [app] } = JSON.parse(await get('/api/v1/apps?limit=1'));
        await visitor.open(`/apps/${app.id}/values`);
        await page.getByLabel('Your password').fill(demo.password);
        await page.getByRole('button', { name: 'Show' }).click();
        await page.getByRole('heading', { name: 'In clear text' }).waitFor();
        const shown = await page.content();
        assert(secretsIn(shown, demo.url).length > 0, 'the page of values shows none, or the search does not find it');
        await visitor.checkPage('values of an app');

        const { items: zones } = JSON.parse(await get('/api/v1/zones?limit=200'));
        const paths = [
          ...KINDS.flatMap(kind => [`/${kind}?format=csv`, `/api/v1/${kind}?limit=1000`]),
          '/apps?format=csv&columns=name,config,release', `/apps/${app.id}`, `/apps/${app.id}/history`, `/api/v1/apps/${app.id}`,
          ...zones.map(zone => `/zones/${zone.id}/zone-file`),
          '/audit', '/changes?from=30d', '/api/v1/changes?from=30d', '/api/v1/alerts', '/sources', '/syncs', '/runs', '/metrics',
        ];
        let read = 0;
        for (const path of paths) {
          const text = await get(path);
          read += text.length;
          const found = secretsIn(text, demo.url);
          assert(!found.length, `${path} tells ${found.join(', ')}`);
        }
        assert(zones.length && read > 100_000, `only ${read} letters were read`);
      },
    });
  } finally {
    await demo.stop();
  }
}
