// What a page looks like to axe-core, and to an eye.

import { readFile } from 'node:fs/promises';

const AXE = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** These find faults of this page, and are off unless they are asked for. */
const RULES = { 'label-content-name-mismatch': { enabled: true }, 'target-size': { enabled: true } };

/** The faults that axe-core finds on a page, each with its rule and element. */
export async function violations({ page }) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const { violations, passes } = await axe.run(document, { rules });
    if (passes.length < 10) throw new Error(`only ${passes.length} rules have passed`);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
  }, RULES);
}

/** The colours of a part of a page: the given strip of an element, in pixels from its left
 *  and top edges; by default all of it. The most frequent colour comes first. */
export async function colours({ page }, selector, strip = (box) => box) {
  const element = await page.waitForSelector(selector, { visible: true });
  const clip = strip(await element.boundingBox());
  const picture = await page.screenshot({ clip, encoding: 'base64' });
  return page.evaluate(async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (it) => it.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const counts = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.subarray(at, at + 3).join(' ');
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour);
  }, picture);
}
