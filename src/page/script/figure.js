// AlexNet's two towers as one drawing: every stage's maps as tiles, all to one scale, with a button over each stage.
// Tiles come as the server's mosaic (row by row, one pixel of grey around each) and are laid out anew in columns.
import { element } from './element.js';

/** @typedef {import('./inside.js').Stage} Stage */

const SVG = 'http://www.w3.org/2000/svg';
/** Units of the drawing: one is one dot of a map. */
const TOWER = 448;
const BETWEEN = 36;
const TOP = 46;
const GAP = 30;
const NORM_WIDTH = 16;
const DEPTH = 7;
/** Of a dense layer, whose dots would be too small. */
const CELL = 3.5;
const HEIGHT = TOP + 2 * TOWER + BETWEEN + 16;

/** @param {string} tag @param {Record<string, string | number>} attributes */
function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** @param {number} count as the server arranges a mosaic */
export function gridColumns(count) {
  const root = Math.ceil(Math.sqrt(count));
  for (let columns = root; columns <= 2 * root; columns++) if (count % columns === 0) return columns;
  return root;
}

/** Columns and rows of one tower. @param {Stage} stage @param {number} towers */
function towerGrid({ shape: [height, , channels] }, towers) {
  const count = Math.ceil(channels / towers);
  const room = (TOWER * 2 + BETWEEN) / towers - (towers > 1 ? BETWEEN / 2 : 0);
  const columns = Math.ceil(count / Math.max(1, Math.floor(room / (height + 1))));
  return { count, columns, rows: Math.ceil(count / columns) };
}

/**
 * The tiles of one tower as a picture of its own.
 * @param {ImageBitmap} mosaic @param {Stage} stage @param {number} tower @param {number} towers
 */
function towerCanvas(mosaic, stage, tower, towers) {
  const [height, width, channels] = stage.shape;
  const { count, columns, rows } = towerGrid(stage, towers);
  const from = gridColumns(channels);
  const canvas = element('canvas', {
    width: String(columns * (width + 1)),
    height: String(rows * (height + 1)),
  });
  const context = canvas.getContext('2d');
  for (let i = 0; i < count && tower * count + i < channels; i++) {
    const channel = tower * count + i;
    context?.drawImage(
      mosaic,
      (channel % from) * (width + 1) + 1,
      Math.floor(channel / from) * (height + 1) + 1,
      width,
      height,
      (i % columns) * (width + 1),
      Math.floor(i / columns) * (height + 1),
      width,
      height,
    );
  }
  return canvas;
}

/** A dense layer's strip folded into columns. @param {ImageBitmap} strip @param {Stage} stage */
function strip(strip, { shape: [, , values] }) {
  const columns = 16;
  const rows = Math.ceil(values / columns);
  const across = Math.min(values, 256);
  const cell = Math.max(1, Math.floor(1024 / across));
  const rowHeight = values > 256 ? 8 : 32;
  const canvas = element('canvas', { width: String(columns), height: String(rows) });
  const context = canvas.getContext('2d');
  if (context) context.imageSmoothingEnabled = false;
  for (let i = 0; i < values; i += columns)
    context?.drawImage(
      strip,
      (i % across) * cell,
      Math.floor(i / across) * rowHeight,
      columns * cell,
      1,
      0,
      i / columns,
      columns,
      1,
    );
  return canvas;
}

/** @param {Stage} stage */
function widthOf(stage, towers = 2) {
  if (stage.type === 'input') return stage.shape[1];
  if (stage.type === 'lrn') return NORM_WIDTH;
  if (stage.shape[0] > 1) return towerGrid(stage, towers).columns * (stage.shape[1] + 1);
  return stage.shape[2] > 256 ? 16 * CELL : 40;
}

/**
 * @param {HTMLElement} place
 * @param {Stage[]} stages
 * @param {Map<string, ImageBitmap>} maps
 * @param {(stage: Stage) => void} choose
 */
export function drawFigure(place, stages, maps, choose) {
  const towers = stages.some(({ groups = 1 }) => groups > 1) ? 2 : 1;
  const total = stages.reduce((sum, stage) => sum + widthOf(stage, towers) + GAP, GAP);
  const drawing = svg('svg', { viewBox: `0 0 ${total} ${HEIGHT}`, 'aria-hidden': 'true' });
  place.replaceChildren(drawing);
  place.style.aspectRatio = `${total} / ${HEIGHT}`;
  let left = GAP;
  stages.forEach((stage, i) => {
    const width = widthOf(stage, towers);
    const spatial = stage.shape[0] > 1 && stage.type !== 'input';
    const parts = (spatial || stage.shape[2] > 256) && towers > 1 ? 2 : 1;
    const mosaic = maps.get(stage.name);
    for (let tower = 0; tower < parts; tower++) {
      const canvas = !mosaic
        ? undefined
        : stage.type === 'lrn' || stage.type === 'softmax' || (stage.shape[2] <= 256 && stage.shape[0] === 1)
          ? undefined
          : stage.type === 'input'
            ? mosaic
            : spatial
              ? towerCanvas(mosaic, stage, tower, parts)
              : strip(mosaic, stage);
      const high =
        stage.type === 'input'
          ? stage.shape[0]
          : spatial && canvas
            ? canvas.height
            : parts === 2 || stage.type === 'lrn'
              ? TOWER
              : TOWER / 2;
      const middle = parts === 2 ? TOP + tower * (TOWER + BETWEEN) + TOWER / 2 : TOP + TOWER + BETWEEN / 2;
      const top = middle - high / 2;
      if (i > 0) connect(drawing, left, middle, parts, tower, stage, stages[i - 1], towers);
      drawing.append(
        svg('path', {
          class: 'depth',
          d: `M${left} ${top}l${DEPTH} ${-DEPTH}h${width}v${high}l${-DEPTH} ${DEPTH}z`,
        }),
        svg('rect', { class: `volume ${stage.type}`, x: left, y: top, width, height: high }),
      );
      if (canvas)
        drawing.append(picture(canvas, left, top, width, high, parts === 2 && !spatial ? tower : -1));
    }
    drawing.append(label(stage.name, left + width / 2, i));
    place.append(stageButton(stage, left, width, total, choose));
    left += width + GAP;
  });
  watchArrows(place);
}

/** @param {string} name @param {number} x @param {number} i */
function label(name, x, i) {
  const text = svg('text', { x, y: i % 2 ? 34 : 16, 'text-anchor': 'middle' });
  text.textContent = name === 'prob' ? 'softmax' : name;
  return text;
}

/**
 * @param {HTMLCanvasElement | ImageBitmap} canvas @param {number} x @param {number} y @param {number} width
 * @param {number} height @param {number} half of the picture to show; -1: all of it
 */
function picture(canvas, x, y, width, height, half) {
  const frame = svg('svg', {
    x,
    y,
    width,
    height,
    viewBox:
      half < 0
        ? `0 0 ${canvas.width} ${canvas.height}`
        : `0 ${(half * canvas.height) / 2} ${canvas.width} ${canvas.height / 2}`,
    preserveAspectRatio: 'none',
  });
  const image = svg('image', { width: canvas.width, height: canvas.height, preserveAspectRatio: 'none' });
  frame.append(image);
  const drawn =
    canvas instanceof HTMLCanvasElement
      ? canvas
      : element('canvas', { width: String(canvas.width), height: String(canvas.height) });
  if (drawn !== canvas) drawn.getContext('2d')?.drawImage(canvas, 0, 0);
  drawn.toBlob((blob) => {
    if (!blob) return;
    const address = URL.createObjectURL(blob);
    image.addEventListener('load', () => URL.revokeObjectURL(address));
    image.setAttribute('href', address);
  });
  return frame;
}

/**
 * The lines from the stage before: crossed where a layer reads both towers.
 * @param {Element} drawing @param {number} left @param {number} middle @param {number} parts @param {number} tower
 * @param {Stage} stage @param {Stage | undefined} before @param {number} towers
 */
function connect(drawing, left, middle, parts, tower, stage, before, towers) {
  const center = TOP + TOWER + BETWEEN / 2;
  const offset = (TOWER + BETWEEN) / 2;
  const double =
    towers > 1 && before && before.type !== 'input' && (before.shape[0] > 1 || before.shape[2] > 256);
  const mixes = stage.type === 'dense' || (stage.type === 'conv' && (stage.groups ?? 1) === 1);
  const sources = !double
    ? [center]
    : parts === 1 || mixes
      ? [center - offset, center + offset]
      : [tower ? center + offset : center - offset];
  for (const source of sources)
    drawing.append(svg('line', { class: 'wire', x1: left - GAP + DEPTH, y1: source, x2: left, y2: middle }));
}

/** @param {Stage} stage @param {number} left @param {number} width @param {number} total @param {(stage: Stage) => void} choose */
function stageButton(stage, left, width, total, choose) {
  const [height, across, channels] = stage.shape;
  const what =
    height > 1 && stage.type !== 'input'
      ? `${channels} maps of ${height} by ${across}`
      : `${height} by ${across} by ${channels}`;
  const button = element('button', { type: 'button', 'data-stage': stage.name, 'aria-pressed': 'false' });
  button.setAttribute('aria-label', `${stage.name}, ${stage.type}: ${what}`);
  button.style.left = `${((left - GAP / 2) / total) * 100}%`;
  button.style.width = `${((width + GAP) / total) * 100}%`;
  button.addEventListener('click', () => choose(stage));
  return button;
}

/** Left and right go from one button to the next; only one of them is a stop of the Tab key. @param {HTMLElement} place */
export function watchArrows(place, columns = 1) {
  const buttons = Array.from(place.querySelectorAll('button'));
  buttons.forEach((button, i) => {
    button.tabIndex = i === 0 ? 0 : -1;
    button.addEventListener('focus', () => {
      for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
    });
    button.addEventListener('keydown', ({ key }) => {
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
      const target =
        key === 'Home'
          ? 0
          : key === 'End'
            ? buttons.length - 1
            : i + (steps[/** @type {keyof typeof steps} */ (key)] ?? 0);
      if (target !== i) buttons[target]?.focus();
    });
  });
}
