// The pictures of one choice: worked off one after the other, shown as a list when there are several.
import { call, classify, Problem } from './api.js';
import { byId, element, percent } from './element.js';
import { reduced } from './reduce.js';

/**
 * @typedef {object} Item
 * @property {string} name
 * @property {File} file
 * @property {'waiting' | 'sending' | 'done' | 'failed'} state
 * @property {number} progress share of the upload
 * @property {Blob} [sent] what was sent: the file, or smaller
 * @property {import('./api.js').Answer} [answer]
 * @property {import('./api.js').Timings} [timings]
 * @property {Problem} [error]
 * @property {Blob} [seen] PNG: what the network sees
 */

/** @param {Item} item */
function stateOf({ state, progress, answer, error }) {
  const [best] = answer?.predictions ?? [];
  if (best) return `${best.label}, ${percent(best.score)}`;
  if (error) return error.message;
  if (state === 'sending') return progress < 1 ? `uploading, ${percent(progress)}` : 'the server computes …';
  return 'waiting';
}

export class Pictures {
  /** @type {Item[]} */
  #items = [];
  /** @type {Item | undefined} */
  #current;
  #show;

  /** @param {(item: Item) => void} show called whenever the current item or something in it changes */
  constructor(show) {
    this.#show = show;
  }

  get current() {
    return this.#current;
  }

  /**
   * Takes new pictures in place of the old ones.
   * @param {File[]} files
   */
  async take(files) {
    this.#items = files.map((file) => ({ name: file.name, file, state: 'waiting', progress: 0 }));
    this.#select(this.#items[0]);
    await this.#work();
  }

  /** Tries those again that were refused for want of a token. */
  async retry() {
    for (const item of this.#items)
      if (item.error?.status === 401)
        Object.assign(item, { state: 'waiting', progress: 0, error: undefined });
    await this.#work();
  }

  async #work() {
    const items = this.#items;
    for (const item of items) {
      if (items !== this.#items) return;
      if (item.state === 'waiting') await this.#classify(item);
    }
  }

  /** @param {Item} item */
  async #classify(item) {
    const change = (/** @type {Partial<Item>} */ changes) => {
      Object.assign(item, changes);
      if (this.#items.includes(item)) this.#changed(item);
    };
    try {
      const sent = byId('reduce', HTMLInputElement).checked ? await reduced(item.file) : item.file;
      change({ state: 'sending', sent });
      change(await classify(sent, (progress) => change({ progress })));
      const preview = await call('/v1/inspect?layer=input&format=png', sent);
      change({ state: 'done', seen: await preview.blob() });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      change({ state: 'failed', error });
    }
    if (this.#items.includes(item)) byId('said', HTMLElement).textContent = `${item.name}: ${stateOf(item)}`;
  }

  /** @param {Item | undefined} item */
  #select(item) {
    this.#current = item;
    if (item) this.#changed(item);
  }

  /** @param {Item} item */
  #changed(item) {
    const list = byId('items', HTMLOListElement);
    byId('list', HTMLElement).hidden = this.#items.length < 2;
    while (list.children.length > this.#items.length) list.lastElementChild?.remove();
    this.#items.forEach((each, index) => {
      list.children[index] ?? list.append(element('li', {}, this.#button(index)));
      const button = list.children[index]?.firstElementChild;
      if (!button) return;
      if (each === this.#current) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
      button.replaceChildren(
        each.name,
        element('span', { class: each.error ? 'state failed' : 'state' }, stateOf(each)),
      );
    });
    if (item === this.#current) this.#show(item);
  }

  /** @param {number} index */
  #button(index) {
    const button = element('button', { type: 'button' });
    button.addEventListener('click', () => {
      this.#select(this.#items[index]);
      byId('result-title', HTMLElement).focus();
    });
    return button;
  }
}
