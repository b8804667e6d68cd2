// What the server says of its model: fetched once; what the page says it knows.
import { call } from './api.js';
import { byId, element } from './element.js';

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string} sha256
 * @property {{ resize: string, resize_to: number, crop: number }} preprocessing
 * @property {{ name: string, type: string, kernel?: number, stride?: number, pad?: number, groups?: number, macs: number, parameters: number }[]} layers
 * @property {{ index: number, synset?: string, label: string }[]} labels
 */

/** @type {Promise<Model> | undefined} */
let details;

/** Throws Problem. @param {string} [name] without it, the first model @returns {Promise<Model>} */
export function modelDetails(name) {
  details ??= (async () => {
    const known = name ?? (await (await call('/v1/models')).json()).models[0].name;
    return (await call(`/v1/models/${encodeURIComponent(known)}`)).json();
  })();
  details.catch(() => {
    details = undefined;
  });
  return details;
}

const MAX_SHOWN = 24;

/** The first words of a label. @param {string} label */
export function shortLabel(label) {
  return label.split(',')[0] ?? label;
}

/** Says under the drop zone which classes there are. Throws Problem. */
export async function showKnown() {
  const { labels } = await modelDetails();
  const list = byId('known-classes', HTMLUListElement);
  const search = byId('search', HTMLInputElement);
  const many = labels.length > MAX_SHOWN;
  byId('known-text', HTMLElement).textContent = many
    ? `It knows ${labels.length} classes and nothing else.`
    : `It knows these ${labels.length} classes and nothing else:`;
  byId('known-search', HTMLElement).hidden = !many;
  const show = () => {
    const words = search.value.trim().toLowerCase();
    const found =
      many && words === '' ? [] : labels.filter(({ label }) => label.toLowerCase().includes(words));
    const items = found
      .slice(0, MAX_SHOWN)
      .map(({ label, synset }) => element('li', synset ? { title: synset } : {}, shortLabel(label)));
    if (found.length > MAX_SHOWN)
      items.push(element('li', { class: 'quiet' }, `and ${found.length - MAX_SHOWN} more`));
    if (words !== '' && found.length === 0) items.push(element('li', { class: 'quiet' }, 'none'));
    list.replaceChildren(...items);
  };
  search.addEventListener('input', show);
  show();
  byId('known', HTMLElement).hidden = false;
}
