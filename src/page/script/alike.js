// "Find alike": the photos of a folder, each as 256 bits and 256 numbers, computed and searched in the web worker; and
// the same over an index of the server.
import { call, Problem } from './api.js';
import { byId, element, showBlob } from './element.js';
import { ask, openEngine, weights } from './engine-worker.js';
import { redrawn } from './reduce.js';

/**
 * @typedef {import('./pictures.js').Item} Item
 * @typedef {{ number: number, file: File, shown: Blob }} Kept
 */

/** As many as in the paper's figure 4. */
const COUNT = 6;
/** Photos of a folder that are shown to choose from; all are searched. */
const MAX_SHOWN = 60;
/** Codes that differ in so few bits are of nearly the same photo (src/http/v1/photo-index-schemas.ts). */
const NEARLY_SAME = 16;

/** @type {Map<number, Kept>} */
let album = new Map();
let lastNumber = 0;
/** Counts folders; an older one ends when a newer one begins. */
let run = 0;

/** @param {string} text */
function say(text) {
  byId('alike-said', HTMLElement).textContent = text;
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesOf(entry) {
  if (entry.isFile) {
    const { file } = /** @type {FileSystemFileEntry} */ (entry);
    return [await new Promise((resolve, reject) => file.call(entry, resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {File[]} */
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} A reader gives some at a time. */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return files;
    for (const each of some) files.push(...(await filesOf(each)));
  }
}

/** The files of a drop with those in its folders. @param {(FileSystemEntry | null)[]} entries @param {File[]} files of a browser without entries */
export async function filesBelow(entries, files) {
  const found = entries.filter((entry) => entry !== null);
  if (found.length === 0) return files;
  return (await Promise.all(found.map((entry) => filesOf(entry)))).flat();
}

/** Takes a photo in; undefined where it cannot be read. @param {File} file @param {boolean} first @returns {Promise<Kept | undefined>} */
async function remember(file, first) {
  const number = ++lastNumber;
  const keep = async (/** @type {Blob} */ blob) => {
    await ask({
      kind: 'remember',
      photo: number,
      source: { kind: 'file', file: blob, fit: 'resize' },
      first,
    });
    return { number, file, shown: blob };
  };
  try {
    return await keep(file);
  } catch {
    const drawn = await redrawn(file);
    return drawn && keep(drawn).catch(() => undefined);
  }
}

/** The cosine of the angle between two vectors, 1 for the same photo. @param {number} similarity */
function likeness(similarity) {
  return `similarity ${similarity.toFixed(2).replace('-0.00', '0.00')}`;
}

/** @param {Kept} photo @param {string} more */
function button(photo, more) {
  const image = element('img', { alt: '', width: '96', height: '96', loading: 'lazy' });
  showBlob(image, photo.shown);
  const made = element(
    'button',
    { type: 'button', title: photo.file.webkitRelativePath || photo.file.name },
    image,
    element('span', {}, photo.file.name),
    ...(more === '' ? [] : [element('span', { class: 'quiet' }, more)]),
  );
  made.addEventListener('click', () => showAlike(photo));
  return element('li', {}, made);
}

/** @param {Kept} photo */
async function showAlike(photo) {
  const { photos } = await ask({ kind: 'alike', of: photo.number, count: COUNT });
  byId('matches-title', HTMLElement).textContent = `Most like ${photo.file.name}`;
  byId('matches', HTMLElement).replaceChildren(
    ...photos.flatMap(({ photo: number, similarity, distance }) => {
      const found = album.get(number);
      const words = `${likeness(similarity)}${distance <= NEARLY_SAME ? ', nearly the same photo' : ''}`;
      return found ? [button(found, words)] : [];
    }),
  );
  byId('matches-of', HTMLElement).hidden = false;
  byId('matches-title', HTMLElement).focus();
}

/** @param {File[]} files */
export async function openFolder(files) {
  const mine = ++run;
  const busy = byId('alike-busy', HTMLElement);
  const done = byId('alike-done', HTMLProgressElement);
  byId('matches-of', HTMLElement).hidden = true;
  byId('album-of', HTMLElement).hidden = true;
  busy.hidden = false;
  done.removeAttribute('value');
  say('Fetching the weights …');
  const fetching = (/** @type {Event} */ event) => {
    done.value = /** @type {CustomEvent<number>} */ (event).detail;
  };
  weights.addEventListener('progress', fetching);
  try {
    await openEngine();
    /** @type {Map<number, Kept>} */
    const found = new Map();
    const started = performance.now();
    let first = true;
    let read = 0;
    for (const file of files) {
      const photo = await remember(file, first);
      if (mine !== run) return;
      if (photo) found.set(photo.number, photo);
      first = first && !photo;
      done.value = ++read / files.length;
      say(`${read} of ${files.length} files …`);
    }
    album = found;
    const seconds = (performance.now() - started) / 1000;
    const refused = files.length - found.size;
    const left =
      refused === 1
        ? ', one file is no photo that can be read here'
        : refused > 1
          ? `, ${refused} files are no photos that can be read here`
          : '';
    say(`${found.size} photos in ${seconds.toFixed(1)} s${left}.`);
    byId('album', HTMLElement).replaceChildren(
      ...[...found.values()].slice(0, MAX_SHOWN).map((photo) => button(photo, '')),
    );
    byId('album-of', HTMLElement).hidden = found.size === 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  } finally {
    weights.removeEventListener('progress', fetching);
    if (mine === run) busy.hidden = true;
  }
}

/** Photos of an index of the server like the one that was answered. @param {Item | undefined} item */
export async function searchIndex(item) {
  const said = byId('index-said', HTMLElement);
  const list = byId('index-matches', HTMLElement);
  list.replaceChildren();
  if (!item?.sent) {
    said.textContent = 'Choose a photo at the top of the page first.';
    return;
  }
  const name = byId('index-name', HTMLInputElement).value;
  said.textContent = 'Searching …';
  try {
    const path = `/v1/index/${encodeURIComponent(name)}:search?k=${COUNT}`;
    const { matches } = await (await call(path, item.sent)).json();
    said.textContent = `Most like ${item.name}, in “${name}”:`;
    list.replaceChildren(
      .../** @type {{ key: string, similarity: number }[]} */ (matches).map(({ key, similarity }) =>
        element(
          'li',
          {},
          element('span', {}, key),
          ' ',
          element('span', { class: 'quiet' }, likeness(similarity)),
        ),
      ),
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    said.textContent = error.message;
  }
}
