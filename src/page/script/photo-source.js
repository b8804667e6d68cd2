// What the web worker is asked with for a photo: the file itself where the engine runs in this browser, else the
// activations that the server computes of it.
import { call, Problem } from './api.js';
import { readyEngine } from './engine-worker.js';
import { modelDetails } from './model.js';
import { redrawn } from './reduce.js';

/** @typedef {import('../../browser/messages.ts').Source} Source */

/** Statuses of files that the browser may still be able to read. */
const REFUSED = [413, 415, 422];

/** What a head may read: the dense layers but the last. @returns {Promise<string[]>} */
async function featureLayers() {
  const { layers } = await modelDetails();
  return layers
    .filter(({ type }) => type === 'dense')
    .map(({ name }) => name)
    .slice(0, -1);
}

/** @param {Blob} file @returns {Promise<Source>} */
async function computedThere(file) {
  /** @type {[string, Float32Array][]} */
  const layers = [];
  for (const name of await featureLayers()) {
    const { values } = await (
      await call(`/v1/inspect?format=json&layer=${encodeURIComponent(name)}`, file)
    ).json();
    layers.push([name, Float32Array.from(values)]);
  }
  return { kind: 'activations', layers: Object.fromEntries(layers) };
}

/**
 * Asks the worker about a file; where that cannot be read there, once more about what the browser makes of it.
 * Rejects with Problem, or with Error in words.
 * @template T
 * @param {File} file
 * @param {(source: Source) => Promise<T>} askWith
 * @returns {Promise<{ answer: T, sent: Blob }>} sent: what was read in the end
 */
export async function withSource(file, askWith) {
  const asked = async (/** @type {Blob} */ blob) => {
    const source = readyEngine()
      ? /** @type {const} */ ({ kind: 'file', file: blob, fit: 'resize' })
      : await computedThere(blob);
    return { answer: await askWith(source), sent: blob };
  };
  try {
    return await asked(file);
  } catch (error) {
    if (error instanceof Problem && !REFUSED.includes(error.status)) throw error;
    const drawn = await redrawn(file);
    if (!drawn) throw error;
    return asked(drawn);
  }
}
