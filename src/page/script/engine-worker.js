// The web worker of the page: started when it is needed first, asked by message, one answer to each question. The weights
// are fetched only when somebody asks for them.
import { currentToken } from './api.js';
import { modelDetails } from './model.js';

/**
 * @typedef {import('../../browser/messages.ts').FromWorker} FromWorker
 * @typedef {import('../../browser/messages.ts').Question} Question
 * @typedef {import('../../browser/messages.ts').Answer} Answer
 * @typedef {import('../../browser/messages.ts').Source} Source
 * @typedef {Extract<Answer, { kind: 'ready' }>} Ready
 */

/**
 * What is answered to each kind of question.
 * @typedef {object} Answers
 * @property {Ready} open
 * @property {Extract<Answer, { kind: 'answer' }>} classify
 * @property {Extract<Answer, { kind: 'said' }>} learn
 * @property {Extract<Answer, { kind: 'done' }>} forget
 * @property {Extract<Answer, { kind: 'trained' }>} train
 * @property {Extract<Answer, { kind: 'said' }>} ask
 * @property {Extract<Answer, { kind: 'done' }>} remember
 * @property {Extract<Answer, { kind: 'alike' }>} alike
 */

/** @type {Promise<Worker> | undefined} */
let worker;
/** @type {Promise<Ready> | undefined} */
let opened;
/** @type {Ready | undefined} */
let ready;
let lastId = 0;
/** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
const waiting = new Map();

/** `progress` (detail: share), `ready`, `failed` (detail: words) of the weights. */
export const weights = new EventTarget();

/** @param {string} type @param {unknown} [detail] */
function tell(type, detail) {
  weights.dispatchEvent(new CustomEvent(type, { detail }));
}

/** @param {FromWorker} message */
function hear(message) {
  if (message.kind === 'progress') return tell('progress', message.bytes / message.of);
  const asked = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.kind === 'failed') asked?.reject(new Error(message.message));
  else asked?.resolve(message);
}

/** Everything that was asked fails; the next question starts another worker. @param {string} words */
function fail(words) {
  worker = undefined;
  opened = undefined;
  ready = undefined;
  for (const { reject } of waiting.values()) reject(new Error(words));
  waiting.clear();
}

/** Throws Error in words. */
async function start() {
  const made = await fetch('/build/current.json').catch(() => undefined);
  if (!made?.ok) throw new Error('What this needs could not be fetched: check the connection and try again.');
  const { folder } = await made.json();
  const started = new Worker(`${folder}worker.js`, { type: 'module' });
  started.onmessage = ({ data }) => hear(data);
  started.onerror = () => fail('This browser could not start the worker.');
  return started;
}

/**
 * Rejects with Error in words.
 * @template {Question['kind']} Kind
 * @param {Extract<Question, { kind: Kind }>} question
 * @returns {Promise<Answers[Kind]>}
 */
export async function ask(question) {
  worker ??= start();
  worker.catch(() => {
    worker = undefined;
  });
  const asked = await worker;
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    asked.postMessage({ ...question, id });
  });
}

/** What is known of the weights; undefined before they are here. */
export function readyEngine() {
  return ready;
}

async function openOnce() {
  const { name: model, sha256 } = await modelDetails();
  return ask({ kind: 'open', model, sha256, token: currentToken() });
}

/** Fetches the weights, once. Rejects with Error in words. @returns {Promise<Ready>} */
export function openEngine() {
  if (opened) return opened;
  tell('progress', 0);
  opened = openOnce();
  opened.then(
    (answer) => {
      ready = answer;
      tell('ready');
    },
    (/** @type {Error} */ error) => {
      opened = undefined;
      tell('failed', error.message);
    },
  );
  return opened;
}
