// /docs: "try it" at each operation. Sends what the example shows, or the visitor's own, and shows the answer. Nothing
// is sent before the button is pressed.
import { element } from './element.js';

/** Of an answer that would fill the page. */
const MAX_SHOWN = 20_000;
const SAMPLE = '/samples/church.jpg';

/** @param {HTMLElement} place @param {string} label @param {HTMLElement} field */
function labelled(place, label, field) {
  field.id = `try-${place.dataset.method}-${place.dataset.path}`.replace(/[^a-z0-9]+/gi, '-');
  return element('p', {}, element('label', { for: field.id }, label), ' ', field);
}

/** @returns {Record<string, string>} */
function authorization() {
  const token = document.getElementById('token');
  return token instanceof HTMLInputElement && token.value.trim() !== ''
    ? { authorization: `Bearer ${token.value.trim()}` }
    : {};
}

/** The visitor's photo, else the sample. @param {HTMLInputElement} input @returns {Promise<Blob>} */
async function photoOf(input) {
  return input.files?.[0] ?? (await fetch(SAMPLE)).blob();
}

/** @param {Response} response @returns {Promise<Node>} */
async function shown(response) {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('image/')) {
    const address = URL.createObjectURL(await response.blob());
    const image = element('img', { src: address, alt: 'The answer, a picture' });
    image.addEventListener('load', () => URL.revokeObjectURL(address));
    return image;
  }
  if (!type.includes('json')) return element('p', {}, `${(await response.blob()).size} bytes of ${type}`);
  const text = JSON.stringify(await response.json(), null, 2);
  const cut =
    text.length > MAX_SHOWN
      ? `${text.slice(0, MAX_SHOWN)}\n… ${text.length - MAX_SHOWN} characters more`
      : text;
  return element('pre', { tabindex: '0' }, cut);
}

/** @param {HTMLElement} place */
function makeForm(place) {
  const { method = 'GET', path = '', body = '', json = '' } = place.dataset;
  const file = element('input', { type: 'file', accept: 'image/*' });
  const text = element('textarea', { spellcheck: 'false' });
  text.value = json;
  const said = element('div', { role: 'status' });
  const button = element('button', { type: 'button' }, 'Try it');
  button.addEventListener('click', async () => {
    button.disabled = true;
    said.replaceChildren('Waiting for the answer …');
    try {
      const sent =
        body === 'photo' ? { body: await photoOf(file) } : body === 'json' ? { body: text.value } : {};
      const response = await fetch(path, { method, headers: authorization(), ...sent });
      const tokens = document.getElementById('docs-token');
      if (tokens && response.status === 401) tokens.hidden = false;
      said.replaceChildren(element('p', {}, `Status ${response.status}`), await shown(response));
    } catch {
      said.replaceChildren('The server could not be reached: check the connection and try again.');
    } finally {
      button.disabled = false;
    }
  });
  place.replaceChildren(
    ...(body === 'photo' ? [labelled(place, 'Your photo, else a sample:', file)] : []),
    ...(body === 'json' ? [labelled(place, 'Body:', text)] : []),
    element('p', {}, button),
    said,
  );
}

for (const place of document.querySelectorAll('.try')) if (place instanceof HTMLElement) makeForm(place);
