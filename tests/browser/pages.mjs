// Every template has a line: a name, and a path, or how to find one that has it. Each is opened in each width and theme.

const KINDS = ['instances', 'maintenance-events', 'load-balancers', 'zones', 'dns-records', 'apps', 'certificates'];

/** The first entry of a list, looked up once: all windows look at one demo, and what is gone keeps its page. */
async function first(visitor, list) {
  const known = `${visitor.site}${list}`;
  if (!FIRST.has(known)) FIRST.set(known, await firstNow(visitor, list));
  return FIRST.get(known);
}

// The same of a list whose entries come and go.
async function firstNow(visitor, list) {
  await visitor.open(list);
  const link = visitor.page.locator(`main a[href^="${list}/"]`).first();
  return new URL(await link.getAttribute('href'), visitor.site).pathname;
}

const FIRST = new Map();

export const PAGES = [
  { name: 'sign-in', path: '/sign-in', anonymous: true },
  { name: 'dashboard', path: '/' },
  { name: 'pulse', path: '/pulse' },
  ...KINDS.flatMap(kind => [
    { name: kind, path: `/${kind}` },
    { name: `${kind} of a past moment`, path: `/${kind}?at=2h` },
    { name: `${kind} with nothing found`, path: `/${kind}?q=nothing-is-called-so` },
    { name: `${kind} detail`, path: visitor => first(visitor, `/${kind}`) },
    { name: `${kind} touches`, path: async visitor => `${await first(visitor, `/${kind}`)}/touches` },
    { name: `${kind} history`, path: async visitor => `${await first(visitor, `/${kind}`)}/history` },
  ]),
  { name: 'runs, none', path: '/runs?state=paused' },
  { name: 'cache purges of an app', path: async visitor => `${await first(visitor, '/apps')}/cache-purges` },
  { name: 'map', path: '/map' },
  { name: 'map, filtered', path: '/map?environment=staging' },
  { name: 'map with nothing found', path: '/map?region=nowhere' },
  { name: 'regions', path: '/regions' },
  { name: 'region', path: '/regions/eu' },
  { name: 'clusters', path: '/clusters' },
  { name: 'cluster', path: '/clusters/eu-production' },
  { name: 'sources', path: '/sources' },
  { name: 'source', path: visitor => first(visitor, '/sources') },
  { name: 'findings', path: '/findings' },
  { name: 'findings of a rule', path: visitor => first(visitor, '/findings') },
  { name: 'finding', path: visitor => firstNow(visitor, '/findings/instance-without-record') },
  { name: 'changes', path: '/changes' },
  { name: 'changes, net', path: '/changes?from=7d&net=1' },
  { name: 'changes, none', path: '/changes?from=2h&to=1h&kind=zone' },
  { name: 'dns changes, none', path: '/dns-changes' },
  { name: 'new record', path: '/dns-changes/new' },
  { name: 'record update', path: async visitor => `/dns-changes/new?op=update&record=${(await first(visitor, '/dns-records')).split('/').pop()}` },
  { name: 'search', path: '/search?q=10.' },
  { name: 'search with nothing found', path: '/search?q=nothing-is-called-so' },
  { name: 'served certificates', path: '/served-certificates' },
  { name: 'alerts', path: '/alerts' },
  { name: 'tasks', path: '/tasks' },
  { name: 'users', path: '/users' },
  { name: 'account', path: '/account' },
  { name: 'second factor', path: '/account/second-factor' },
  { name: 'teams', path: '/teams' },
  { name: 'team', path: visitor => first(visitor, '/teams') },
  { name: 'team, to be deleted', path: async visitor => `${await first(visitor, '/teams')}/delete` },
  { name: 'audit', path: '/audit' },
  { name: 'tokens', path: '/tokens' },
  { name: 'api', path: '/api' },
  { name: 'not found', path: '/no-such-page', status: 404 },
  { name: 'invitation, dead', path: '/invitation?token=no-such-token', status: 404, anonymous: true },
  { name: 'not found, anonymous', path: '/setup?token=no-such-token', status: 404, anonymous: true },
];
