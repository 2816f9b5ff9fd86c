// A second factor: turned on with the letters that the page shows, asked for at the next sign-in, and then a recovery code in its place.
import { createHmac } from 'node:crypto';
import { assert, startDemo } from '../lib.mjs';

export const name = 'second factor: turned on, asked for at the next sign-in, and a recovery code in its place';

export async function journey({ program, visit }) {
  const demo = await startDemo(program);
  try {
    await visit(demo.url, {
      use: async visitor => {
        const { page } = visitor;
        await visitor.signIn(demo);
        await visitor.open('/account');
        await page.getByRole('link', { name: /turn it on/i }).click();
        await page.getByRole('heading', { name: /turn on a second factor/i }).waitFor();
        await visitor.checkPage('second factor, begin');
        await page.getByLabel(/password/i).fill(demo.password);
        await page.getByRole('button', { name: /show the secret/i }).click();
        const letters = (await page.locator('.secret code').innerText()).replace(/\s/g, '');
        const qr = await page.locator('svg.qr').boundingBox();
        assert(qr.width > 150 && Math.abs(qr.width - qr.height) < 1, `the QR code is ${qr.width} by ${qr.height}`);
        await visitor.checkPage('second factor, secret');

        await page.getByLabel(/code that the app/i).fill(codeOf(letters));
        await page.getByRole('button', { name: /turn it on/i }).click();
        await page.getByRole('heading', { name: /recovery codes/i }).waitFor();
        const recovery = await page.locator('.recovery code').allInnerTexts();
        assert(recovery.length === 10, `${recovery.length} recovery codes`);
        await visitor.checkPage('second factor, recovery codes');
        await page.getByRole('link', { name: /kept them/i }).click();
        await page.waitForURL(url => url.pathname === '/');
        await visitor.open('/account/second-factor');
        await visitor.checkPage('second factor, on');

        const passwordAgain = async () => {
          await page.locator('summary[aria-label="Your account"]').click();
          await page.getByRole('button', { name: /sign out/i }).first().click();
          await page.waitForURL(/\/sign-in/);
          await page.getByLabel(/e-?mail/i).fill(demo.email);
          await page.getByLabel(/^password/i).fill(demo.password);
          await page.getByRole('button', { name: /sign in/i }).click();
          await page.getByLabel('Code', { exact: true }).waitFor();
        };
        await passwordAgain();
        await visitor.checkPage('sign-in, code');
        visitor.expected.add(422);
        await page.getByLabel('Code', { exact: true }).fill(codeOf(letters, -9));
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('alert').waitFor();
        await visitor.checkPage('sign-in, code refused');
        // The code of this half minute may have been the one that turned it on; a fast device shows the next.
        await page.getByLabel('Code', { exact: true }).fill(codeOf(letters, 1));
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.waitForURL(url => url.pathname === '/');

        await passwordAgain();
        await page.getByText('Device not at hand').click();
        await page.getByLabel(/recovery codes/i).fill(recovery[0].toUpperCase());
        await visitor.checkPage('sign-in, recovery code');
        await page.getByRole('button', { name: /recovery code/i }).click();
        await page.waitForURL(url => url.pathname === '/');
        await page.getByText('9 are left').waitFor();
      },
    });
  } finally {
    await demo.stop();
  }
}

/** The code of a secret (RFC 6238), so many steps from now. */
function codeOf(letters, steps = 0) {
  const bits = [...letters].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac('sha1', key).update(step).digest();
  const number = hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}
