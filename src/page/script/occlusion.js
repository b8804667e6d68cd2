// The occlusion map: asks the server square by square (some at a time, so that no request computes for long), shows how
// far it is, and paints the picture redder where covering hurts the answer more.
import { call, Problem } from './api.js';
import { byId, percent } from './element.js';

/** @typedef {import('./pictures.js').Item} Item */

const GRID = 11;

/** @type {Item | undefined} The item that the map belongs to, or is being computed for. */
let shown;

/**
 * @param {Blob} seen
 * @param {number[]} losses one for each square, 0..1
 * @param {number} square side of a square in the picture's pixels
 */
async function paint(seen, losses, square) {
  const canvas = byId('map', HTMLCanvasElement);
  const picture = await createImageBitmap(seen);
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.drawImage(picture, 0, 0);
  const cells = new ImageData(GRID, GRID);
  const largest = Math.max(...losses, Number.EPSILON);
  losses.forEach((loss, i) => {
    cells.data.set([255, 0, 0, Math.round((190 * Math.max(0, loss)) / largest)], i * 4);
  });
  // The centre of a cell lies on the centre of its square; the border beyond takes the outermost cells.
  const step = (picture.width - square) / (GRID - 1);
  const left = square / 2 - step / 2;
  const map = await createImageBitmap(cells);
  context.drawImage(map, left, left, GRID * step, GRID * step);
  canvas.hidden = false;
}

/**
 * @param {Item} item
 * @param {Blob} seen
 */
async function compute(item, seen) {
  const done = byId('occlusion-done', HTMLProgressElement);
  const best = item.answer?.predictions[0];
  if (!best) return;
  /** @type {number[]} */
  const losses = [];
  let square = 0;
  while (losses.length < GRID * GRID) {
    done.value = losses.length / GRID ** 2;
    const path = `/v1/occlusion?fit=none&grid=${GRID}&class=${best.index}&from=${losses.length}`;
    const part = await (await call(path, seen)).json();
    if (shown !== item) return;
    square = part.square;
    losses.push(...part.scores.map((/** @type {number} */ score) => part.score - score));
  }
  await paint(seen, losses, square);
  const worst = percent(best.score - Math.max(...losses));
  byId('occlusion-said', HTMLElement).textContent =
    `With its most important part covered, “${best.label}” falls from ${percent(best.score)} to ${worst}.`;
}

/**
 * Forgets the map of another item.
 * @param {Item} item
 */
export function clearOcclusion(item) {
  if (item === shown) return;
  shown = undefined;
  byId('map', HTMLCanvasElement).hidden = true;
  byId('occlusion-busy', HTMLElement).hidden = true;
  byId('occlusion-said', HTMLElement).textContent = '';
  byId('occlude', HTMLButtonElement).disabled = false;
}

/** @param {() => Item | undefined} current */
export function watchOcclusion(current) {
  const button = byId('occlude', HTMLButtonElement);
  button.addEventListener('click', async () => {
    const item = current();
    if (!item?.seen) return;
    shown = item;
    button.disabled = true;
    const busy = byId('occlusion-busy', HTMLElement);
    busy.hidden = false;
    try {
      await compute(item, item.seen);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      byId('occlusion-said', HTMLElement).textContent = error.message;
    } finally {
      if (shown === item) {
        busy.hidden = true;
        button.disabled = false;
      }
    }
  });
}
