// One stage, large: its sentence, its figures, its maps; one map enlarged, with what each of its dots sees.
import { call } from './api.js';
import { byId, element, percent, showBlob } from './element.js';
import { gridColumns, watchArrows } from './figure.js';
import { shortLabel } from './model.js';
import { pixelsOf, receptiveField } from './receptive-field.js';
import { facts, sentence } from './stage-words.js';

/**
 * @typedef {import('./inside.js').Stage} Stage
 * @typedef {import('./pictures.js').Item} Item
 */

const MAX_BARS = 20;
/** Of filters.png: pixels of one weight, and between filters (src/explain/filters.ts). */
const FILTER_SCALE = 4;
const FILTER_GAP = 4;
const FILTER_COLUMNS = 16;
const FILTER_TOWER_GAP = 16;

/** @type {ImageBitmap | undefined} */
let filters;

/** @param {ImageBitmap} bitmap @param {(address: string) => void} use */
function withAddress(bitmap, use) {
  const canvas = element('canvas', { width: String(bitmap.width), height: String(bitmap.height) });
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  canvas.toBlob((blob) => blob && use(URL.createObjectURL(blob)));
}

/** @param {Stage} stage @param {Stage[]} stages @param {Map<string, ImageBitmap>} maps @param {Item} item */
export function showStage(stage, stages, maps, item) {
  const kin = stages.filter(({ type }) => type === stage.type).indexOf(stage);
  const names = {
    input: 'the photo',
    conv: 'convolution',
    lrn: 'normalisation',
    maxpool: 'pooling',
    dense: 'fully connected',
    softmax: 'probabilities',
  };
  byId('stage', HTMLElement).hidden = false;
  byId('stage-title', HTMLElement).textContent =
    `${stage.name}: ${names[/** @type {keyof typeof names} */ (stage.type)] ?? stage.type}`;
  byId('stage-text', HTMLElement).textContent = sentence(stage, kin);
  byId('stage-facts', HTMLElement).replaceChildren(
    ...facts(stage).flatMap(([name, value]) => [
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    ]),
  );
  byId('closer', HTMLElement).hidden = true;
  const place = byId('maps', HTMLElement);
  const mosaic = maps.get(stage.name);
  place.className = '';
  place.setAttribute('aria-label', `The maps of ${stage.name}`);
  if (stage.type === 'softmax' || (stage.type === 'dense' && stage === stages.at(-2)))
    return place.replaceChildren(bars(stage, item));
  if (!mosaic) return place.replaceChildren();
  if (stage.shape[0] === 1 || stage.type === 'input') {
    const image = element('img', {
      alt: `${stage.name}, as a picture`,
      class: stage.type === 'input' ? 'own-size' : 'strip',
    });
    withAddress(mosaic, (address) => {
      image.src = address;
    });
    return place.replaceChildren(image);
  }
  mapButtons(place, stage, stages, mosaic, item);
}

/** The scores of the best classes, labelled. @param {Stage} stage @param {Item} item */
function bars(stage, { answer, labels = [] }) {
  const logits = answer?.logits ?? [];
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0);
  const least = Math.min(...logits);
  const soft = stage.type === 'softmax';
  const rows = logits
    .map((value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value)
    .slice(0, MAX_BARS)
    .map(({ value, index }) => {
      const share = Math.exp(value - largest) / sum;
      const strip = element('span', { class: 'bar' });
      strip.style.width = `${100 * (soft ? share : (value - least) / Math.max(1e-9, largest - least))}%`;
      return element(
        'li',
        {},
        strip,
        element('span', {}, shortLabel(labels[index]?.label ?? String(index))),
        element('span', {}, soft ? smallPercent(share) : value.toFixed(3)),
      );
    });
  const list = element('ol', { class: 'bars', 'aria-label': soft ? 'Probabilities' : 'Scores' }, ...rows);
  return list;
}

/** Never "0.0 %". @param {number} share */
export function smallPercent(share) {
  return share < 0.001 ? '< 0.1 %' : percent(share);
}

/** @param {HTMLElement} place @param {Stage} stage @param {Stage[]} stages @param {ImageBitmap} mosaic @param {Item} item */
function mapButtons(place, stage, stages, mosaic, item) {
  const [height, width, channels] = stage.shape;
  const columns = gridColumns(channels);
  place.className = `tiles ${height < 20 ? 'small' : ''}`;
  const buttons = Array.from({ length: channels }, (_, channel) => {
    const button = element('button', { type: 'button', 'aria-label': `map ${channel + 1}` });
    button.addEventListener('click', () => {
      for (const other of place.children) other.removeAttribute('aria-pressed');
      button.setAttribute('aria-pressed', 'true');
      enlarge(stage, stages, mosaic, channel, item);
    });
    return button;
  });
  place.replaceChildren(...buttons);
  // One picture behind all buttons: with it shrunk to a tile's size, the steps are whole tiles.
  withAddress(mosaic, (address) => {
    buttons.forEach((button, channel) => {
      const x = (channel % columns) * (width + 1) + 1;
      const y = Math.floor(channel / columns) * (height + 1) + 1;
      button.style.backgroundImage = `url(${address})`;
      button.style.backgroundSize = `${(100 * mosaic.width) / width}% ${(100 * mosaic.height) / height}%`;
      button.style.backgroundPosition = `${(100 * x) / (mosaic.width - width)}% ${(100 * y) / (mosaic.height - height)}%`;
    });
  });
  const across = getComputedStyle(place).gridTemplateColumns.split(' ').length;
  watchArrows(place, across);
}

/** @param {Stage} stage @param {Stage[]} stages @param {ImageBitmap} mosaic @param {number} channel @param {Item} item */
async function enlarge(stage, stages, mosaic, channel, item) {
  const [height, width, channels] = stage.shape;
  const columns = gridColumns(channels);
  byId('closer', HTMLElement).hidden = false;
  byId('one-title', HTMLElement).textContent = `Map ${channel + 1} of ${stage.name}`;
  const canvas = byId('one', HTMLCanvasElement);
  canvas.width = width;
  canvas.height = height;
  canvas.setAttribute('aria-label', `Map ${channel + 1} of ${stage.name}; the arrow keys move over its dots`);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.drawImage(
    mosaic,
    (channel % columns) * (width + 1) + 1,
    Math.floor(channel / columns) * (height + 1) + 1,
    width,
    height,
    0,
    0,
    width,
    height,
  );
  const field = receptiveField(stages.slice(1), stage.name);
  const size = stages[0]?.shape[0] ?? 227;
  const photo = byId('field-photo', HTMLImageElement);
  if (item.seen) showBlob(photo, item.seen);
  const pixels = context?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
  let brightest = 0;
  for (let i = 0; i < width * height; i++)
    if ((pixels[i * 4] ?? 0) > (pixels[brightest * 4] ?? 0)) brightest = i;
  let at = { x: brightest % width, y: Math.floor(brightest / width) };
  const point = (/** @type {number} */ x, /** @type {number} */ y) => {
    at = { x: Math.min(width - 1, Math.max(0, x)), y: Math.min(height - 1, Math.max(0, y)) };
    const across = pixelsOf(field, at.x, size);
    const down = pixelsOf(field, at.y, size);
    const box = byId('field-box', HTMLElement);
    box.hidden = false;
    box.style.left = `${(100 * across.from) / size}%`;
    box.style.top = `${(100 * down.from) / size}%`;
    box.style.width = `${(100 * (across.to - across.from)) / size}%`;
    box.style.height = `${(100 * (down.to - down.from)) / size}%`;
    const value = pixels[(at.y * width + at.x) * 4] ?? 0;
    byId('one-said', HTMLElement).textContent =
      `Row ${at.y + 1}, column ${at.x + 1}: ${Math.round((100 * value) / 255)} % of this map’s brightest dot. ` +
      `It sees ${across.to - across.from} × ${down.to - down.from} pixels of the photo.`;
  };
  canvas.onpointermove = ({ offsetX, offsetY }) =>
    point(
      Math.floor((offsetX / canvas.clientWidth) * width),
      Math.floor((offsetY / canvas.clientHeight) * height),
    );
  canvas.onkeydown = (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step) return;
    event.preventDefault();
    point(at.x + (step[0] ?? 0), at.y + (step[1] ?? 0));
  };
  point(at.x, at.y);
  byId('closer', HTMLElement).scrollIntoView({ block: 'nearest' });
  await showFilter(stage, stages, channel, item);
}

/** The pattern of a map of the first layer. @param {Stage} stage @param {Stage[]} stages @param {number} channel @param {Item} item */
async function showFilter(stage, stages, channel, { answer }) {
  const figure = byId('filter', HTMLElement);
  figure.hidden = true;
  if (stage !== stages[1] || stage.type !== 'conv' || !answer) return;
  filters ??= await createImageBitmap(
    await (await call(`/v1/models/${encodeURIComponent(answer.model.name)}/filters.png`)).blob(),
  );
  const side = (stage.kernel ?? 1) * FILTER_SCALE;
  const canvas = byId('one-filter', HTMLCanvasElement);
  canvas.width = side;
  canvas.height = side;
  canvas.setAttribute('aria-label', `Pattern ${channel + 1}`);
  const cell = side + FILTER_GAP;
  // The filters of the second tower lie below and apart from those of the first.
  const maps = stage.shape[2];
  const towers = maps % 2 === 0 && stages.some(({ groups }) => groups === 2) ? 2 : 1;
  const half = maps / towers;
  const tower = Math.floor(channel / half);
  const row = tower * Math.ceil(half / FILTER_COLUMNS) + Math.floor((channel % half) / FILTER_COLUMNS);
  canvas
    .getContext('2d')
    ?.drawImage(
      filters,
      ((channel % half) % FILTER_COLUMNS) * cell + FILTER_GAP,
      row * cell + FILTER_GAP + tower * FILTER_TOWER_GAP,
      side,
      side,
      0,
      0,
      side,
      side,
    );
  figure.hidden = false;
}
