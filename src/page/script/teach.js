// "Teach it": boxes of photos, trained anew in the web worker with every photo; what the head says of each photo had it
// not seen it, of another one, and of the webcam.
import { frameOf, NO_CAMERA, squareContext, startCamera, stopCamera } from './camera.js';
import { byId, element, percent } from './element.js';
import { ask, openEngine, readyEngine, weights } from './engine-worker.js';
import { drawGrowth } from './growth.js';
import { modelDetails } from './model.js';
import { withSource } from './photo-source.js';
import { Box, OTHERS } from './teach-box.js';
import { forgetSaved, watchSave } from './teach-save.js';

/**
 * @typedef {import('./teach-box.js').Photo} Photo
 * @typedef {import('../../browser/messages.ts').Source} Source
 * @typedef {import('../../browser/messages.ts').Said} Said
 * @typedef {import('../../browser/messages.ts').TrainedAnswer} Trained
 */

/** Photos of a class that training needs. */
const MIN_PHOTOS = 2;
/** Below this p-value a photo is said to be none of the classes. */
const LEAST_KNOWN = 0.05;
/** Of the head while it has no other. */
const UNSAVED = 'unsaved';

/** @type {Box[]} */
let boxes = [];
let lastBox = 0;
let lastPhoto = 0;
/** Files are read one after the other. */
let reading = Promise.resolve();
/** @type {Promise<void> | undefined} The training that goes on. */
let training;
/** Photos came or went meanwhile. */
let again = false;
/** @type {Source | undefined} What was asked last: asked again after each training. */
let asked;

/** @param {string} text */
function say(text) {
  byId('teach-said', HTMLElement).textContent = text;
}

/** @param {unknown} error */
function words(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Photos that can be trained on: read, and of a class that has enough of them. */
function ripe() {
  /** @type {Map<string, { photo: Photo, label: string, box: Box }[]>} */
  const classes = new Map();
  for (const box of boxes)
    for (const photo of box.photos)
      if (photo.learned) {
        const { label } = box;
        classes.set(label, [...(classes.get(label) ?? []), { photo, label, box }]);
      }
  const enough = [...classes].filter(([label, photos]) => label === OTHERS || photos.length >= MIN_PHOTOS);
  return {
    photos: enough.flatMap(([, photos]) => photos),
    classes: enough.filter(([label]) => label !== OTHERS).length,
  };
}

/** @param {string} name */
async function trainAs(name) {
  const { photos } = ripe();
  const model = await modelDetails();
  return ask({
    kind: 'train',
    name,
    backbone: { name: model.name, sha256: model.sha256 },
    photos: photos.map(({ photo, label }) => ({
      photo: photo.number,
      label: label === OTHERS ? null : label,
    })),
  });
}

/** @param {Trained} trained */
function showTrained({ correct, of, low, high, leftOut, layer, ms, labels }) {
  const said = new Map(leftOut.map((each) => [each.photo, each]));
  for (const { photo, box } of ripe().photos) {
    const found = said.get(photo.number);
    if (!found) box.mark(photo, 'not one of the classes', 'fine');
    else if (found.predicted === found.label) box.mark(photo, `✓ ${percent(found.own)}`, 'fine');
    else box.mark(photo, `looks like ${found.predicted}, ${percent(found.probability)}`, 'suspicious');
  }
  const wrong = of - correct;
  say(
    `${labels.length} classes, ${of} photos: ${percent(correct / of)} right when left out ` +
      `(between ${percent(low)} and ${percent(high)}, with 95 % confidence). ` +
      `${wrong === 0 ? 'No photo' : wrong === 1 ? 'One photo' : `${wrong} photos`} looked like another class. ` +
      `Learned in ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms, on ${layer}.`,
  );
  drawGrowth(document.querySelector('#growth'), correct, of);
  byId('learned', HTMLElement).hidden = false;
}

/** Trains as long as photos come and go. */
async function trainOn() {
  do {
    again = false;
    if (ripe().classes < 2) {
      say(`Put ${MIN_PHOTOS} photos or more into each of two boxes.`);
      byId('learned', HTMLElement).hidden = true;
      continue;
    }
    try {
      showTrained(await trainAs(byId('head-name', HTMLInputElement).value || UNSAVED));
      if (asked) showSaid((await ask({ kind: 'ask', source: asked })).said);
    } catch (error) {
      say(words(error));
    }
  } while (again);
}

function train() {
  again = true;
  training ??= trainOn().finally(() => {
    training = undefined;
  });
}

/** What the head says, in words. @param {Said} said */
function sentence({ labels, probabilities, known }) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  const label = `${labels[best]}, ${percent(probabilities[best] ?? 0)}`;
  return known < LEAST_KNOWN ? `Probably none of your classes. Nearest: ${label}` : label;
}

/** @param {Said | undefined} said */
function showSaid(said) {
  if (!said) return;
  byId('asked', HTMLElement).textContent = sentence(said);
  const order = said.labels
    .map((_, i) => i)
    .sort((a, b) => (said.probabilities[b] ?? 0) - (said.probabilities[a] ?? 0));
  byId('asked-classes', HTMLElement).replaceChildren(
    ...order.slice(0, 5).map((i) => {
      const share = said.probabilities[i] ?? 0;
      const strip = element('span', { class: 'bar' });
      strip.style.width = `${100 * share}%`;
      return element(
        'li',
        {},
        strip,
        element('span', {}, said.labels[i] ?? ''),
        element('span', {}, percent(share)),
      );
    }),
  );
}

/** @param {Box} box @param {Photo} photo */
async function read(box, photo) {
  if (!box.photos.includes(photo)) return;
  try {
    const { answer, sent } = await withSource(photo.file, (source) =>
      ask({ kind: 'learn', photo: photo.number, source }),
    );
    Object.assign(photo, { learned: true, sent });
    box.mark(photo, answer.said ? sentence(answer.said) : 'learned', 'fine');
    train();
    await training;
  } catch (error) {
    box.mark(photo, words(error), 'failed');
  }
}

/** @param {boolean} others */
function addBox(others) {
  const box = new Box(++lastBox, others, {
    files(into, files) {
      for (const file of files) {
        /** @type {Photo} */
        const photo = { number: ++lastPhoto, file, learned: false };
        into.add(photo);
        reading = reading.then(() => read(into, photo));
      }
    },
    removed(_, photo) {
      forget([photo]);
    },
    closed(closing) {
      boxes = boxes.filter((each) => each !== closing);
      closing.element.remove();
      if (closing.others) byId('add-none', HTMLButtonElement).disabled = false;
      byId('add-box', HTMLButtonElement).focus();
      forget(closing.photos);
    },
    renamed: train,
    said: say,
  });
  boxes.push(box);
  byId('boxes', HTMLOListElement).append(box.element);
  return box;
}

/** @param {Photo[]} photos */
function forget(photos) {
  photos.forEach(forgetSaved);
  ask({ kind: 'forget', photos: photos.map(({ number }) => number) }).then(train, (error) =>
    say(words(error)),
  );
}

/** Where photos are computed, and whether that can be changed. */
function showWhere() {
  const here = readyEngine();
  byId('teach-where', HTMLElement).textContent = here
    ? 'Photos are computed in this browser and do not leave it.'
    : 'Photos are computed by the server, which does not keep them; learning is done in this browser.';
  byId('teach-here', HTMLElement).hidden = Boolean(here);
  byId('ask-live', HTMLElement).hidden = !here || !navigator.mediaDevices?.getUserMedia;
}

async function askLive() {
  const button = byId('ask-live', HTMLButtonElement);
  const video = byId('ask-video', HTMLVideoElement);
  const stop = () => {
    stopCamera(video);
    video.hidden = true;
    button.textContent = 'Ask the webcam, live';
  };
  if (video.srcObject) return stop();
  const size = readyEngine()?.size ?? 0;
  const context = squareContext(size);
  if (!context || !(await startCamera(video))) return say(NO_CAMERA);
  video.hidden = false;
  button.textContent = 'Stop the webcam';
  const stream = video.srcObject;
  while (video.srcObject === stream) {
    const { said } = await ask({
      kind: 'ask',
      source: { kind: 'frame', rgba: frameOf(video, context, size) },
    });
    showSaid(said);
    await new Promise(requestAnimationFrame);
  }
}

function watchAsk() {
  const input = byId('ask-file', HTMLInputElement);
  input.addEventListener('change', async () => {
    const [file] = input.files ?? [];
    input.value = '';
    if (!file) return;
    try {
      const { answer } = await withSource(file, (source) => {
        asked = source;
        return ask({ kind: 'ask', source });
      });
      showSaid(answer.said);
    } catch (error) {
      byId('asked', HTMLElement).textContent = words(error);
    }
  });
  byId('ask-live', HTMLButtonElement).addEventListener('click', () =>
    askLive().catch((error) => say(words(error))),
  );
}

/** A photo that is pasted while one works in a box goes there. @param {ClipboardEvent} event */
function paste(event) {
  const files = Array.from(event.clipboardData?.files ?? []);
  const box = boxes.find(({ element: place }) => place.contains(document.activeElement));
  if (!box || files.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  box.take(files);
}

/** Begins, once. */
export function beginTeaching() {
  byId('teach-begin', HTMLElement).hidden = true;
  byId('teach-work', HTMLElement).hidden = false;
  const first = addBox(false);
  addBox(false);
  byId('add-box', HTMLButtonElement).addEventListener('click', () => addBox(false).focus());
  byId('add-none', HTMLButtonElement).addEventListener('click', (event) => {
    /** @type {HTMLButtonElement} */ (event.currentTarget).disabled = true;
    addBox(true).focus();
  });
  byId('teach-here', HTMLButtonElement).addEventListener('click', () => openEngine().catch(() => undefined));
  weights.addEventListener('progress', (event) => {
    byId('teach-where', HTMLElement).textContent =
      `Fetching the weights: ${percent(/** @type {CustomEvent<number>} */ (event).detail)}`;
  });
  weights.addEventListener('ready', showWhere);
  weights.addEventListener('failed', (event) => {
    byId('teach-where', HTMLElement).textContent = /** @type {CustomEvent<string>} */ (event).detail;
  });
  document.addEventListener('paste', paste, true);
  watchAsk();
  watchSave(
    () => ripe().photos,
    async (name) => (await trainAs(name)).version,
  );
  showWhere();
  say(`Put ${MIN_PHOTOS} photos or more into each of two boxes.`);
  first.focus();
}
