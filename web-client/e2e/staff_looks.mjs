// How a page for staff is looked at: in each look, on a desk and on a phone.

import { violations } from './accessibility.mjs';

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

/** Makes a function that looks at the page in its state of now, in these looks. It adds to `found` what
 *  axe-core finds, and whether the page is wider than the screen. */
export function lookerAt(page, looks, found) {
  return async (state) => {
    for (const size of [WIDE, PHONE]) {
      await page.page.setViewport(size);
      for (const look of looks) {
        await page.look(look);
        for (const fault of await violations(page)) found.push(`${state}, ${look}, ${size.width}: ${fault}`);
      }
      const over = await page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) found.push(`${state}: ${over} pixels wider than ${size.width}`);
    }
  };
}

/** Goes to a place, and waits until it is shown. */
export async function goTo({ page }, place) {
  await page.evaluate((hash) => new Promise((resolve) => {
    if (location.hash === hash) return resolve();
    // The page has heard of it before.
    addEventListener('hashchange', resolve, { once: true });
    location.hash = hash;
  }), `#${place}`);
  await page.waitForFunction(() => !document.querySelector('#view .loading'));
}
