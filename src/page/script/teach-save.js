// Saving what was taught: the photos go to the head of a name, the server trains on them, and anybody who may call it can
// use it. The server learns the same file, byte for byte, as this browser did; that is looked at.
import { call, hasToken } from './api.js';
import { byId } from './element.js';

/** @typedef {import('./teach-box.js').Photo} Photo */

/** Under which name photos were saved last: of another head they would have to be sent again. */
let savedName = '';
/** Of the last name: examples of the server whose photos are here no more. @type {{ label: string, id: string }[]} */
let stale = [];

/** A photo was taken away. @param {Photo} photo */
export function forgetSaved(photo) {
  if (photo.saved) stale.push(photo.saved);
}

/** @param {string} name @param {{ label: string, id?: string }} example */
function examplePath(name, { label, id }) {
  const path = `/v1/heads/${name}/examples/${encodeURIComponent(label)}`;
  return id === undefined ? path : `${path}/${id}`;
}

/**
 * Throws Problem.
 * @param {string} name
 * @param {string} token one that may write; '' = the page's
 * @param {{ photo: Photo, label: string }[]} photos
 * @returns {Promise<{ version: string, correct: number, of: number }>}
 */
async function send(name, token, photos) {
  const how = token === '' ? {} : { bearer: token };
  if (name !== savedName) {
    stale = [];
    for (const { photo } of photos) delete photo.saved;
    savedName = name;
  }
  const progress = byId('save-done', HTMLProgressElement);
  // The same photo in another class would be refused, so the old one goes first.
  for (const { photo, label } of photos)
    if (photo.saved && photo.saved.label !== label) {
      stale.push(photo.saved);
      delete photo.saved;
    }
  for (const example of stale)
    await call(examplePath(name, example), undefined, { ...how, method: 'DELETE' });
  stale = [];
  for (const [at, { photo, label }] of photos.entries()) {
    progress.value = at / photos.length;
    if (photo.saved) continue;
    const put = await call(examplePath(name, { label }), photo.sent ?? photo.file, { ...how, method: 'PUT' });
    const { examples } = await put.json();
    photo.saved = { label, id: examples[0].id };
  }
  progress.removeAttribute('value');
  const trained = await (await call(`/v1/heads/${name}:train`, undefined, { ...how, method: 'POST' })).json();
  return { version: trained.version, correct: trained.accuracy.correct, of: trained.accuracy.of };
}

/** The command that uses a head. @param {string} name */
function curlLine(name) {
  const address = new URL(`/v1/classify?head=${name}`, location.href).href;
  const token = hasToken() ? '-H "Authorization: Bearer $TOKEN" ' : '';
  return `curl ${token}--data-binary @photo.jpg '${address}'`;
}

/**
 * @param {() => { photo: Photo, label: string }[]} photos what there is to save
 * @param {(name: string) => Promise<string | undefined>} versionHere what this browser makes of the same photos
 */
export function watchSave(photos, versionHere) {
  const said = byId('saved', HTMLElement);
  byId('save', HTMLFormElement).addEventListener('submit', async (event) => {
    event.preventDefault();
    const name = byId('head-name', HTMLInputElement).value;
    const button = /** @type {HTMLButtonElement} */ (event.submitter);
    button.disabled = true;
    byId('save-busy', HTMLElement).hidden = false;
    said.textContent = '';
    try {
      const token = byId('write-token', HTMLInputElement).value.trim();
      const { version, correct, of } = await send(name, token, photos());
      const same = (await versionHere(name)) === version;
      said.textContent =
        `Saved as “${name}”, version ${version}: ${correct} of ${of} photos right when left out. ` +
        (same
          ? 'The server made the same file as this browser, byte for byte.'
          : 'The server had photos of its own for this name, too.');
      byId('use-code', HTMLElement).textContent = curlLine(name);
      byId('use', HTMLElement).hidden = false;
    } catch (error) {
      said.textContent = `Not saved. ${error instanceof Error ? error.message : error}`;
    } finally {
      button.disabled = false;
      byId('save-busy', HTMLElement).hidden = true;
    }
  });
  byId('copy-use', HTMLButtonElement).addEventListener('click', async () => {
    byId('use-copied', HTMLElement).textContent = await navigator.clipboard
      .writeText(byId('use-code', HTMLElement).textContent ?? '')
      .then(
        () => 'Copied.',
        () => 'The browser does not allow copying here: select the text above.',
      );
  });
}
