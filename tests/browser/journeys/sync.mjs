// "Sync now": the button on a source asks for a sync, and the page tells how it went.
import { assert, startDemo } from '../lib.mjs';

export const name = 'sync: a source is synced at the press of a button';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        await visitor.signIn(demo);
        const path = '/sources/aws-eu';
        const before = await confirmedAt(visitor, path);
        await syncNow(visitor, path);
        const after = await eventually(async () => {
          const now = await confirmedAt(visitor, path);
          return now !== before && now;
        });
        assert(after > before, `confirmed at ${after}, before the sync at ${before}`);
        await visitor.open(path);
        await visitor.checkPage('a source after a sync');
      },
    });
  } finally {
    await demo.stop();
  }
}

export async function syncNow(visitor, path) {
  const button = visitor.page.getByRole('button', { name: /sync now/i }).first();
  // While a sync runs the button says so instead, and one looks again.
  await eventually(async () => {
    await visitor.open(path);
    return button.isVisible();
  }, 60);
  await button.click();
  await visitor.page.waitForLoadState();
}

async function confirmedAt(visitor, path) {
  const source = await (await visitor.context.request.get(`/api/v1${path}`)).json();
  return source.confirmed_at ?? '';
}

/** What `ask` gives as soon as it gives something. */
export async function eventually(ask, seconds = 15) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  throw new Error(`waited ${seconds} s in vain`);
}
