// "Look inside": the filters, and every stage for the current picture. Asked for when opened, with the picture that
// the network sees (about 100 kB) instead of the upload.
import { call, Problem } from './api.js';
import { byId, element, percent, showBlob } from './element.js';

/** @typedef {import('./pictures.js').Item} Item */
/** @typedef {{ name: string, type: string, shape: number[], time_ms: number, zeros: number }} Stage */

const SVG = 'http://www.w3.org/2000/svg';
const CURVE = { width: 600, height: 200 };

/** @type {Item | undefined} The item whose stages are shown. */
let shown;

/**
 * Runs something that asks the server; what goes wrong is said in words.
 * @param {() => Promise<void>} work
 */
async function attempt(work) {
  const said = byId('inside-said', HTMLParagraphElement);
  try {
    said.textContent = '';
    await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    said.textContent = error.message;
  }
}

/**
 * @param {string} layer
 * @param {'png' | 'json'} format
 * @param {Blob} seen
 */
function ask(layer, format, seen) {
  return call(`/v1/inspect?fit=none&layer=${encodeURIComponent(layer)}&format=${format}`, seen);
}

/**
 * The values, largest first, as a curve from 0 to 1.
 * @param {number[]} values
 */
function sortedCurve(values) {
  const sorted = values.toSorted((a, b) => b - a);
  const step = CURVE.width / Math.max(1, sorted.length - 1);
  const points = sorted.map(
    (value, i) => `${(i * step).toFixed(1)},${((1 - value) * CURVE.height).toFixed(1)}`,
  );
  const curve = document.createElementNS(SVG, 'svg');
  curve.setAttribute('viewBox', `-4 -4 ${CURVE.width + 8} ${CURVE.height + 8}`);
  curve.setAttribute('class', 'curve');
  curve.setAttribute('role', 'img');
  const words = `The probabilities of ${values.length} classes, largest first`;
  curve.setAttribute('aria-label', words);
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', points.join(' '));
  curve.append(line);
  const best = sorted.slice(0, 5).map(percent).join(', ');
  return element('figure', {}, curve, element('figcaption', {}, `${words}: ${best} …`));
}

/**
 * @param {Stage} stage
 * @param {Blob} seen
 * @returns {Promise<Element>}
 */
async function stagePicture({ name, type, shape }, seen) {
  if (type === 'softmax') {
    const { values } = await (await ask(name, 'json', seen)).json();
    return sortedCurve(values);
  }
  const [height, width, channels] = shape;
  const what = type === 'input' ? 'the picture itself' : height === 1 ? 'a strip' : `${channels} maps`;
  const image = element('img', { alt: `${name}: ${what}, ${height} by ${width} by ${channels}` });
  if (type === 'input') image.className = 'own-size';
  showBlob(image, type === 'input' ? seen : await (await ask(name, 'png', seen)).blob());
  return image;
}

/**
 * @param {Stage} stage
 * @param {Blob} seen
 */
function stageDetails(stage, seen) {
  const { name, type, shape, time_ms, zeros } = stage;
  const time = type === 'input' ? '' : `, ${time_ms < 1 ? '< 1' : time_ms} ms`;
  const facts = `${type}, ${shape.join(' × ')}${time}, ${percent(zeros)} zeros`;
  const summary = element('summary', {}, name, element('span', { class: 'facts' }, facts));
  const details = element('details', {}, summary);
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1)
      attempt(async () => {
        const waiting = element('p', {}, 'Computing …');
        details.append(waiting);
        try {
          details.append(await stagePicture(stage, seen));
        } finally {
          waiting.remove();
        }
      });
  });
  return details;
}

/** @param {Item} item */
async function showStages(item) {
  const { seen } = item;
  if (!seen || shown === item) return;
  shown = item;
  const stages = byId('stages', HTMLDivElement);
  stages.replaceChildren(element('p', {}, 'Computing …'));
  await attempt(async () => {
    const { layers } = await (await call('/v1/inspect?fit=none&format=json', seen)).json();
    if (shown === item)
      stages.replaceChildren(...layers.map((/** @type {Stage} */ stage) => stageDetails(stage, seen)));
  });
}

/** @param {Item} item */
async function showFilters({ answer }) {
  const image = byId('filters-picture', HTMLImageElement);
  if (!answer || image.src !== '') return;
  await attempt(async () => {
    const filters = await call(`/v1/models/${encodeURIComponent(answer.model.name)}/filters.png`);
    image.alt = 'The filters of the first layer; middle grey is zero';
    showBlob(image, await filters.blob());
  });
}

/**
 * Follows the current item.
 * @param {Item} item
 */
export function showInside(item) {
  if (item !== shown) {
    shown = undefined;
    byId('stages', HTMLDivElement).replaceChildren();
  }
  if (byId('inside', HTMLDetailsElement).open) showStages(item);
}

/** @param {() => Item | undefined} current */
export function watchInside(current) {
  const watch = (/** @type {string} */ id, /** @type {(item: Item) => Promise<void>} */ show) => {
    const details = byId(id, HTMLDetailsElement);
    details.addEventListener('toggle', () => {
      const item = current();
      if (details.open && item) show(item);
    });
  };
  watch('inside', showStages);
  watch('filters', showFilters);
}
