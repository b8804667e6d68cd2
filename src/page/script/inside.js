// Inside the network: asks once for the maps of all stages (with the picture that the network sees, about 100 kB,
// instead of the upload), draws the figure, and shows the stage that is chosen.
import { call, Problem } from './api.js';
import { byId, element } from './element.js';
import { drawFigure } from './figure.js';
import { modelDetails } from './model.js';
import { showStage } from './stage.js';

/**
 * @typedef {import('./pictures.js').Item} Item
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} type
 * @property {[number, number, number]} shape height, width, channels
 * @property {number} zeros share
 * @property {number} [time_ms]
 * @property {number} [kernel]
 * @property {number} [stride]
 * @property {number} [pad]
 * @property {number} [size]
 * @property {number} [groups]
 * @property {number} [macs]
 * @property {number} [parameters]
 */

/** @type {Item | undefined} The item whose stages are shown. */
let shown;
/** @type {string} The stage that is looked at; kept from photo to photo. */
let chosen = '';

/** @param {string} address a `data:` URL, which the policy does not let fetch */
function bitmapOf(address) {
  const bytes = Uint8Array.from(atob(address.slice(address.indexOf(',') + 1)), (c) => c.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: 'image/png' }));
}

/** @param {Item} item */
async function show(item) {
  const { seen, answer } = item;
  if (!seen || !answer) return;
  const said = byId('inside-said', HTMLParagraphElement);
  said.textContent = 'Fetching the maps of all stages …';
  const [model, response] = await Promise.all([
    modelDetails(answer.model.name),
    call('/v1/inspect?fit=none&format=json&maps=all', seen),
  ]);
  const { layers, maps } = await response.json();
  /** @type {Map<string, ImageBitmap>} */
  const bitmaps = new Map();
  for (const [name, address] of Object.entries(maps)) bitmaps.set(name, await bitmapOf(String(address)));
  if (shown !== item) return;
  const details = new Map(model.layers.map((layer) => [layer.name, layer]));
  /** @type {Stage[]} */
  const stages = layers.map((/** @type {Stage} */ stage) => ({ ...details.get(stage.name), ...stage }));
  said.textContent = '';
  const choose = (/** @type {Stage} */ stage) => {
    chosen = stage.name;
    for (const button of document.querySelectorAll('#figure button'))
      button.setAttribute('aria-pressed', String(button.getAttribute('data-stage') === stage.name));
    showStage(stage, stages, bitmaps, item);
  };
  drawFigure(byId('figure', HTMLElement), stages, bitmaps, choose);
  const again = stages.find(({ name }) => name === chosen);
  if (again) choose(again);
}

/**
 * Follows the current item.
 * @param {Item} item
 */
export function showInside(item) {
  byId('inside', HTMLElement).hidden = !item.seen;
  if (item === shown || !item.seen) return;
  shown = item;
  byId('figure', HTMLElement).replaceChildren(element('p', {}, 'Drawing …'));
  byId('stage', HTMLElement).hidden = true;
  show(item).catch((error) => {
    if (!(error instanceof Problem)) throw error;
    byId('inside-said', HTMLElement).textContent = error.message;
    byId('figure', HTMLElement).replaceChildren();
  });
}
