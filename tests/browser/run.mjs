// Runs the browser's tests: `node run.mjs [--all] [NAME]`, with the program in QUARTERDECK_PROGRAM. Prints a line per test and, last,
// `N passed, N failed`.
//
// One more page: its line in pages.mjs. One more journey: its file in journeys/, and its line in JOURNEYS.
import { availableParallelism } from 'node:os';
import { searched } from './canaries.mjs';
import { launch, startDemo, THEMES, Visitor, WIDTHS } from './lib.mjs';
import { PAGES } from './pages.mjs';
import * as accept from './journeys/accept.mjs';
import * as annotation from './journeys/annotation.mjs';
import * as canaries from './journeys/canaries.mjs';
import * as checks from './journeys/checks.mjs';
import * as find from './journeys/find.mjs';
import * as invite from './journeys/invite.mjs';
import * as live from './journeys/live.mjs';
import * as map from './journeys/map.mjs';
import * as prepare from './journeys/prepare.mjs';
import * as purge from './journeys/purge.mjs';
import * as repoint from './journeys/repoint.mjs';
import * as secondFactor from './journeys/second_factor.mjs';
import * as setup from './journeys/setup.mjs';
import * as signIn from './journeys/sign_in.mjs';
import * as switched from './journeys/switch.mjs';
import * as sync from './journeys/sync.mjs';
import * as toldOfOthers from './journeys/told.mjs';
import * as viewAs from './journeys/view_as.mjs';

const JOURNEYS = [
  checks, canaries, setup, signIn, secondFactor, invite, find, map, viewAs, toldOfOthers, sync, accept, purge, switched, repoint, prepare, annotation, live,
];

const all = process.argv.includes('--all');
const filter = process.argv.slice(2).find(argument => !argument.startsWith('--')) ?? '';
const program = process.env.QUARTERDECK_PROGRAM;
const score = { passed: 0, failed: 0 };

/** Every combination of width and theme with script; with `--all` also without. */
const modes = [true, false].filter(script => script || all).flatMap(script =>
  Object.keys(WIDTHS).flatMap(width => THEMES.map(theme => ({ width, theme, script }))));
/** A journey is made with script on a wide window and without on a narrow one; with `--all` in every mode. */
const journeyModes = all ? modes : [
  { width: 'wide', theme: 'light', script: true }, { width: 'narrow', theme: 'dark', script: false },
];

const told = ({ width, theme, script }) => `${width} ${theme}${script ? '' : ' without script'}`;

async function test(name, run) {
  if (!name.includes(filter)) return;
  const began = performance.now();
  const fault = await run().then(() => null, error => error);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${fault ? 'FAIL' : 'ok  '} ${seconds.padStart(5)} s  ${name}`);
  if (fault) console.log(`    ${String(fault.message ?? fault).replace(/\n/g, '\n    ')}`);
  score[fault ? 'failed' : 'passed'] += 1;
}

/** All pages on one demo, a window per mode. */
function pageGroups(browser) {
  const named = modes.flatMap(mode => PAGES.map(page => `page ${page.name}, ${told(mode)}`));
  if (!named.some(name => name.includes(filter))) return [];
  const shared = once(async () => {
    const demo = await startDemo(program);
    const visitor = await Visitor.arrive(browser, demo.url);
    await visitor.signIn(demo);
    const cookies = await visitor.context.cookies();
    await visitor.leave();
    return { demo, cookies };
  });
  const groups = modes.map(mode => async () => {
    const arrive = cookies => once(async () => Visitor.arrive(browser, (await shared()).demo.url, { ...mode, cookies: await cookies() }));
    const [stranger, person] = [arrive(async () => []), arrive(async () => (await shared()).cookies)];
    for (const page of PAGES) {
      await test(`page ${page.name}, ${told(mode)}`, async () => {
        const visitor = await (await (page.anonymous ? stranger : person)()).anotherTab();
        try {
          const path = typeof page.path === 'function' ? await page.path(visitor) : page.path;
          await visitor.open(path, page.status);
          await visitor.checkPage(page.name);
          if (all && mode.script && !page.anonymous) await otherTheme(visitor, page.name);
        } finally {
          await visitor.leave();
        }
      });
    }
    for (const visitor of [await stranger.ended(), await person.ended()]) await visitor?.leave();
  });
  groups.end = async () => (await shared.ended())?.demo.stop();
  return groups;
}

/** The same page again, in the theme that the app's own switch gives; pages without a frame have none. */
async function otherTheme(visitor, name) {
  if (!(await visitor.page.getByLabel('Your account').count())) return;
  const [own, other] = visitor.theme === 'light' ? THEMES : [...THEMES].reverse();
  await visitor.switchTheme(other);
  await visitor.checkPage(`${name}-switched`);
  await visitor.switchTheme(own);
}

function journeyGroups(browser) {
  return JOURNEYS.flatMap(({ name, journey, once: single }) => (single ? journeyModes.slice(0, 1) : journeyModes).map(mode => () =>
    test(`${name}, ${told(mode)}`, () => journey({ browser, program, mode, visit: (site, more) => visiting(browser, site, { ...mode, ...more }) }))));
}

/** Calls back with a visitor, and counts what the browser complained about as a failure. */
async function visiting(browser, site, { use, ...mode }) {
  const visitor = await Visitor.arrive(browser, site, mode);
  try {
    await use(visitor);
  } catch (error) {
    await visitor.picture(`failed-${Date.now()}`).catch(() => {});
    const page = visitor.page.url();
    await visitor.leave().catch(complaints => { error.message += `\n${complaints.message}`; });
    error.message += `\n    at ${page}`;
    throw error;
  }
  await visitor.leave();
}

function once(make) {
  let made;
  const get = () => (made ??= make());
  get.ended = async () => made?.catch(() => null);
  return get;
}

async function together(groups, width) {
  const waiting = [...groups];
  await Promise.all(Array.from({ length: width }, async () => {
    for (let group; (group = waiting.shift());) await group();
  }));
}

const browser = await launch();
const pages = pageGroups(browser);
try {
  await together([...pages, ...journeyGroups(browser)], Math.min(4, availableParallelism()));
} finally {
  const fault = await pages.end?.().then(() => null, error => error);
  if (fault) {
    console.log(`FAIL what the pages left behind\n    ${fault.message}`);
    score.failed += 1;
  }
  await browser.close();
}
console.log(`${searched.answers} answers and ${searched.files} files were searched for planted secrets`);
if (!searched.answers || !searched.files) {
  console.log('FAIL that is not what was to be searched');
  score.failed += 1;
}
console.log(`${score.passed} passed, ${score.failed} failed`);
process.exitCode = score.failed ? 1 : 0;
