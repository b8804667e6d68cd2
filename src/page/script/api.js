// Requests to this server. A failed one is a Problem: the problem document (RFC 9457) in words.

/** @type {string} Bearer token; lives as long as the page. */
let token = '';

/** @param {string} value */
export function useToken(value) {
  token = value;
}

export function currentToken() {
  return token;
}

export function hasToken() {
  return token !== '';
}

export class Problem extends Error {
  /**
   * @param {number} status 0: no answer at all
   * @param {string} title
   * @param {string} detail
   */
  constructor(status, title, detail) {
    super(detail === '' ? `${title}.` : `${title}: ${detail}`);
    this.status = status;
  }
}

/**
 * @param {number} status
 * @param {string} text
 */
function problemOf(status, text) {
  try {
    const { title, detail } = JSON.parse(text);
    return new Problem(status, String(title), String(detail ?? ''));
  } catch {
    return new Problem(status, `The server answered with status ${status}`, '');
  }
}

function unreachable() {
  return new Problem(0, 'The server could not be reached', 'check the connection and try again');
}

/** @returns {Record<string, string>} */
function authorization(bearer = token) {
  return bearer === '' ? {} : { authorization: `Bearer ${bearer}` };
}

/**
 * POST with a body, else GET, unless it is said. Throws Problem.
 * @param {string} path
 * @param {Blob | string} [body]
 * @param {{ method?: string, bearer?: string }} [how] bearer: another token than the page's
 * @returns {Promise<Response>}
 */
export async function call(path, body, { method = body ? 'POST' : 'GET', bearer } = {}) {
  const init = body ? { method, body } : { method };
  const response = await fetch(path, { ...init, headers: authorization(bearer) }).catch(() => {
    throw unreachable();
  });
  if (response.ok) return response;
  throw problemOf(response.status, await response.text());
}

/**
 * @typedef {{ index: number, synset?: string, label: string, score: number }} Prediction
 * @typedef {{ format: string, width: number, height: number, orientation: number }} ImageFacts
 * @typedef {object} Answer
 * @property {{ name: string, version: string, sha256: string }} model
 * @property {ImageFacts} image
 * @property {Prediction[]} predictions
 * @property {{ synset: string, label: string, score: number, classes: number }[]} [parents] kinds of several classes, the most special first
 * @property {number[]} logits
 * @property {number} [known] p-value: how usual such a photo is among those of the classes that the model knows
 * @property {boolean} [none_of_these]
 * @property {Record<string, string>} maps
 * @typedef {{ uploadMs: number, loadMs: number, decodeMs: number, inferenceMs: number, cold: boolean }} Timings
 */

/**
 * Reads `load;desc=cold;dur=12, decode;dur=3, ...`.
 * @param {string} header
 * @param {number} uploadMs
 * @returns {Timings}
 */
function parseTimings(header, uploadMs) {
  const duration = (/** @type {string} */ name) =>
    Number(new RegExp(`(?:^|, )${name};[^,]*?dur=([\\d.]+)`).exec(header)?.[1] ?? 0);
  return {
    uploadMs,
    loadMs: duration('load'),
    decodeMs: duration('decode'),
    inferenceMs: duration('inference'),
    cold: /load;desc=cold/.test(header),
  };
}

/** What the page tells to copy. */
export const CLASSIFY = '/v1/classify?top_k=5&parents=1';
/** What the page asks: the same answer, and in one upload what the network sees. */
const LOOK = '/v1/inspect?format=json&maps=input';

/**
 * Classifies a picture. XMLHttpRequest, because fetch does not tell how much has been sent. Rejects with Problem.
 * @param {Blob} picture
 * @param {(share: number) => void} progress
 * @returns {Promise<{ answer: Answer, timings: Timings }>}
 */
export function classify(picture, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', LOOK);
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    const started = performance.now();
    let uploadMs = 0;
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    request.upload.onload = () => {
      uploadMs = performance.now() - started;
      progress(1);
    };
    request.onerror = () => reject(unreachable());
    request.onload = () => {
      if (request.status !== 200) return reject(problemOf(request.status, request.responseText));
      const timings = parseTimings(request.getResponseHeader('server-timing') ?? '', uploadMs);
      resolve({ answer: JSON.parse(request.responseText), timings });
    };
    request.send(picture);
  });
}
