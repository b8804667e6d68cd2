// The same bits in this browser: a web worker with the server's own decoder, engine and weights. Compares the logits
// bit by bit, and answers where the server cannot be reached.
import { byId, element } from './element.js';
import { ask, openEngine, readyEngine, weights } from './engine-worker.js';
import { goLive } from './live.js';
import { modelDetails, shortLabel } from './model.js';
import { isKept, keepPage } from './offline.js';

/**
 * @typedef {import('./pictures.js').Item} Item
 * @typedef {import('../../browser/messages.ts').LocalAnswer} LocalAnswer
 */

const MAX_ROWS = 20;

/** @type {string | undefined} The item that was compared. */
let compared;

/** @param {Blob} file @param {'resize' | 'none'} fit */
function classifyHere(file, fit) {
  return ask({ kind: 'classify', source: { kind: 'file', file, fit } });
}

/** @param {Uint8ClampedArray} rgba */
function classifyFrame(rgba) {
  return ask({ kind: 'classify', source: { kind: 'frame', rgba } });
}

/** @param {string} text */
function say(text) {
  byId('local-said', HTMLElement).textContent = text;
}

/** The bits of a number as f32. @param {number} value */
function bits(value) {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** @param {Item} item @param {LocalAnswer} here */
function showComparison(item, here) {
  const edge = item.answer?.logits ?? [];
  const equal =
    edge.length === here.logits.length &&
    edge.every((value, i) => bits(value) === bits(here.logits[i] ?? Number.NaN));
  const best = edge.map((_, index) => index).sort((a, b) => (edge[b] ?? 0) - (edge[a] ?? 0));
  const rows = best.slice(0, MAX_ROWS).map((index) => {
    const [there, local] = [edge[index] ?? 0, here.logits[index] ?? 0];
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, shortLabel(item.labels?.[index]?.label ?? String(index))),
      element('td', {}, there.toFixed(5)),
      element('td', {}, local.toFixed(5)),
      element('td', {}, bits(there) === bits(local) ? `= ${bits(local).toString(16).padStart(8, '0')}` : '≠'),
    );
  });
  byId('local-table', HTMLTableElement).tBodies[0]?.replaceChildren(...rows);
  byId('local-table', HTMLTableElement).hidden = false;
  const { decodeMs = 0, inferenceMs = 0 } = item.timings ?? {};
  const edgeTime =
    decodeMs + inferenceMs < 1 ? '(its clock stands still)' : `${Math.round(decodeMs + inferenceMs)} ms`;
  say(
    `${equal ? `All ${edge.length} logits are equal, to the bit.` : 'The logits differ.'} ` +
      `Edge: ${edgeTime}. This browser: ${Math.round(here.decodeMs + here.inferenceMs)} ms ` +
      `(decoding ${here.decodeMs.toFixed(0)}, network ${here.inferenceMs.toFixed(1)}).`,
  );
}

/** u8 RGB [size][size][3] as a PNG. @param {Uint8Array} pixels @param {number} size @returns {Promise<Blob | null>} */
function pngOf(pixels, size) {
  const canvas = element('canvas', { width: String(size), height: String(size) });
  const data = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) data.data.set([...pixels.subarray(i * 3, i * 3 + 3), 255], i * 4);
  canvas.getContext('2d')?.putImageData(data, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

/**
 * The whole answer from this browser, for when the server cannot be reached; undefined while the weights are not here.
 * @param {Blob} file
 * @returns {Promise<Pick<Item, 'answer' | 'timings' | 'labels' | 'seen'> | undefined>}
 */
export async function answerHere(file) {
  const engine = readyEngine();
  if (!engine) return undefined;
  const [{ logits, probabilities, image, pixels, decodeMs, inferenceMs }, model] = await Promise.all([
    classifyHere(file, 'resize'),
    modelDetails(),
  ]);
  if (!image || !pixels) return undefined;
  const predictions = model.labels
    .map(({ index, synset, label }) => ({
      index,
      label,
      score: probabilities[index] ?? 0,
      ...(synset ? { synset } : {}),
    }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 5);
  const { name, sha256 } = model;
  const seen = await pngOf(pixels, engine.size);
  if (!seen) return undefined;
  return {
    answer: {
      model: { name, sha256, version: sha256.slice(0, 12) },
      image,
      predictions,
      logits: Array.from(logits),
      maps: {},
    },
    timings: { uploadMs: 0, loadMs: 0, decodeMs, inferenceMs, cold: false },
    labels: model.labels,
    seen,
  };
}

/** Computes the current photo here, too. @param {Item | undefined} item */
export async function showLocal(item) {
  byId('browser', HTMLElement).hidden = !item?.answer;
  if (!readyEngine() || !item?.answer || !item.sent || !item.seen || compared === item.id) return;
  compared = item.id;
  // What is decoded only on the server (WebP) is taken as the network sees it.
  const here = await classifyHere(item.sent, 'resize').catch(() =>
    classifyHere(/** @type {Blob} */ (item.seen), 'none'),
  );
  if (compared === item.id) showComparison(item, here);
}

function showReady() {
  const { bytes = 0, cached = false } = readyEngine() ?? {};
  byId('local-busy', HTMLElement).hidden = true;
  byId('local', HTMLButtonElement).textContent = 'Computes in this browser, too';
  byId('webcam', HTMLElement).hidden = !navigator.mediaDevices?.getUserMedia;
  const megabytes = (bytes / 1e6).toFixed(0);
  say(
    cached
      ? `${megabytes} MB of weights, from this browser’s cache.`
      : `${megabytes} MB of weights, fetched and kept.`,
  );
}

/** Fetches the weights. What fails is said by the event. */
function open() {
  openEngine().catch(() => undefined);
}

/** @param {() => Item | undefined} current */
export function watchLocal(current) {
  const button = byId('local', HTMLButtonElement);
  weights.addEventListener('progress', (event) => {
    button.setAttribute('aria-pressed', 'true');
    byId('local-busy', HTMLElement).hidden = false;
    byId('local-done', HTMLProgressElement).value = /** @type {CustomEvent<number>} */ (event).detail;
  });
  weights.addEventListener('ready', () => {
    showReady();
    showLocal(current());
    keepPage();
  });
  weights.addEventListener('failed', (event) => {
    button.setAttribute('aria-pressed', 'false');
    byId('local-busy', HTMLElement).hidden = true;
    say(/** @type {CustomEvent<string>} */ (event).detail);
  });
  button.addEventListener('click', open);
  byId('webcam', HTMLButtonElement).addEventListener('click', () =>
    goLive(readyEngine()?.size ?? 0, classifyFrame, say),
  );
  // Who asked for it once has the weights here, and would miss them without a connection.
  if (isKept()) open();
}
