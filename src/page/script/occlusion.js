// Why this class: asks the server square by square (some at a time, so that no request computes for long) and paints
// onto the photo, while it is computed, how many points of probability each part is worth to the chosen class.
import { call, Problem } from './api.js';
import { byId, element } from './element.js';
import { shortLabel } from './model.js';

/** @typedef {import('./pictures.js').Item} Item */

const GRID = 11;
const MAX_ALPHA = 200;
/** Of the scale, in shares: a map of tiny differences shall not look like one of large ones. */
const LEAST_SCALE = 0.01;

/** @type {Item | undefined} The item that the map belongs to, or is being computed for. */
let shown;
/** Counts computations; an older one ends when a newer one begins. */
let run = 0;

/**
 * For each pixel the mean loss of the squares that cover it, NaN where none has been computed.
 * @param {number[]} losses one for each square so far, row by row
 * @param {number} size side of the picture in pixels
 * @param {number} square side of a square in pixels
 */
export function spread(losses, size, square) {
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
  return sums.map((sum, at) => sum / (counts[at] ?? 0));
}

/** A share as points of probability. @param {number} share */
function points(share) {
  return `${share > 0 ? '−' : share < 0 ? '+' : ''}${Math.abs(share * 100).toFixed(1)} points`;
}

/** @param {number[]} losses @param {number} square */
function paint(losses, square) {
  const canvas = byId('map', HTMLCanvasElement);
  const size = canvas.width;
  const means = spread(losses, size, square);
  const largest = means.reduce((most, loss) => Math.max(most, Math.abs(loss)), LEAST_SCALE);
  const map = new ImageData(size, size);
  means.forEach((loss, at) => {
    if (Number.isNaN(loss)) return;
    const color = loss > 0 ? [222, 20, 20] : [30, 90, 230];
    map.data.set([...color, (MAX_ALPHA * Math.abs(loss)) / largest], at * 4);
  });
  canvas.getContext('2d')?.putImageData(map, 0, 0);
  byId('scale-low', HTMLElement).textContent = points(-largest);
  byId('scale-high', HTMLElement).textContent = points(largest);
}

/** Puts the map where the crop is: over the frame of the whole photo, or over the preview. */
function place() {
  const canvas = byId('map', HTMLCanvasElement);
  const frame = byId('frame', HTMLElement);
  for (const side of /** @type {const} */ (['left', 'top', 'width', 'height']))
    canvas.style[side] = frame.hidden ? '' : frame.style[side];
  canvas.hidden = false;
}

/**
 * @param {Item} item
 * @param {Blob} seen
 * @param {number} index of the class
 */
async function compute(item, seen, index) {
  const mine = ++run;
  const done = byId('occlusion-done', HTMLProgressElement);
  /** @type {number[]} */
  const losses = [];
  let whole = 0;
  place();
  byId('scale', HTMLElement).hidden = false;
  while (losses.length < GRID * GRID) {
    done.value = losses.length / GRID ** 2;
    const path = `/v1/occlusion?fit=none&grid=${GRID}&class=${index}&from=${losses.length}`;
    const part = await (await call(path, seen)).json();
    if (shown !== item || mine !== run) return;
    whole = part.score;
    losses.push(...part.scores.map((/** @type {number} */ score) => part.score - score));
    paint(losses, part.square);
  }
  const label = shortLabel(item.labels?.[index]?.label ?? '');
  byId('occlusion-said', HTMLElement).textContent =
    `With its most important part covered, “${label}” goes from ${(whole * 100).toFixed(1)} % to ` +
    `${((whole - Math.max(...losses)) * 100).toFixed(1)} %: ${points(Math.max(...losses))}.`;
}

/**
 * Forgets the map of another item.
 * @param {Item} item
 */
export function clearOcclusion(item) {
  const select = byId('occlusion-class', HTMLSelectElement);
  if (item.answer && select.dataset.of !== item.id) {
    select.dataset.of = item.id;
    const best = item.answer.predictions.map(({ index }) => index);
    const order = [
      ...best,
      ...(item.labels ?? []).map(({ index }) => index).filter((index) => !best.includes(index)),
    ];
    select.replaceChildren(
      ...order.map((index) =>
        element('option', { value: String(index) }, shortLabel(item.labels?.[index]?.label ?? String(index))),
      ),
    );
  }
  if (item === shown) return;
  shown = undefined;
  for (const id of ['map', 'occlusion-busy', 'scale']) byId(id, HTMLElement).hidden = true;
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
      await compute(item, item.seen, Number(byId('occlusion-class', HTMLSelectElement).value));
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
