// The occlusion map: asks the server square by square (some at a time, so that no request computes for long), shows how
// far it is, and paints the picture redder where covering hurts the answer more.
import { call, Problem } from './api.js';
import { byId, percent } from './element.js';

/** @typedef {import('./pictures.js').Item} Item */

const GRID = 11;
const MAX_ALPHA = 190;

/** @type {Item | undefined} The item that the map belongs to, or is being computed for. */
let shown;

/**
 * For each pixel the mean loss of the squares that cover it.
 * @param {number[]} losses one for each square, row by row
 * @param {number} size side of the picture in pixels
 * @param {number} square side of a square in pixels
 */
function spread(losses, size, square) {
  const sums = new Float64Array(size * size);
  const counts = new Uint16Array(size * size);
  const offset = (/** @type {number} */ position) => Math.round((position * (size - square)) / (GRID - 1));
  losses.forEach((loss, i) => {
    const top = offset(Math.floor(i / GRID));
    const left = offset(i % GRID);
    for (let y = top; y < top + square; y++)
      for (let at = y * size + left, end = at + square; at < end; at++) {
        sums[at] = (sums[at] ?? 0) + loss;
        counts[at] = (counts[at] ?? 0) + 1;
      }
  });
  return sums.map((sum, at) => sum / Math.max(1, counts[at] ?? 0));
}

/**
 * @param {Blob} seen
 * @param {number[]} losses
 * @param {number} square
 */
async function paint(seen, losses, square) {
  const canvas = byId('map', HTMLCanvasElement);
  const picture = await createImageBitmap(seen);
  const size = picture.width;
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (!context) return;
  // Grey, so that the red of the map is not taken for one of the picture's own.
  context.filter = 'grayscale(1)';
  context.drawImage(picture, 0, 0);
  context.filter = 'none';
  const means = spread(losses, size, square);
  const largest = means.reduce((most, loss) => Math.max(most, loss), Number.EPSILON);
  const map = new ImageData(size, size);
  means.forEach((loss, at) => {
    map.data.set([255, 0, 0, (MAX_ALPHA * Math.max(0, loss)) / largest], at * 4);
  });
  context.drawImage(await createImageBitmap(map), 0, 0);
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
