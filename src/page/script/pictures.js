// The pictures of one choice: worked off one after the other, shown as a list when there are several.
import { isDoubtful } from './answer.js';
import { classify, Problem } from './api.js';
import { byId, element, percent, showBlob } from './element.js';
import { answerHere } from './local.js';
import { modelDetails, shortLabel } from './model.js';
import { redrawn, reduced } from './reduce.js';

/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} name
 * @property {File} file
 * @property {'waiting' | 'sending' | 'done' | 'failed'} state
 * @property {number} progress share of the upload
 * @property {Blob} [sent] what was sent: the file, or smaller
 * @property {import('./api.js').Answer} [answer]
 * @property {import('./api.js').Timings} [timings]
 * @property {Problem} [error]
 * @property {boolean} [decodedHere] the server does not read the file, so the browser did
 * @property {import('./model.js').Model['labels']} [labels] of all classes
 * @property {Blob} [seen] PNG: what the network sees
 */

/** @param {Item} item */
function stateOf(item) {
  const { state, progress, answer, error } = item;
  const [best] = answer?.predictions ?? [];
  if (best && isDoubtful(item)) return `probably none of its classes (nearest: ${shortLabel(best.label)})`;
  if (best) return `${shortLabel(best.label)}, ${percent(best.score)}`;
  if (error) return error.message;
  if (state === 'sending') return progress < 1 ? `uploading, ${percent(progress)}` : 'the server computes …';
  return 'waiting';
}

/** Statuses of files that the browser may still be able to read: too large, or a format that is not read there. */
const REFUSED = [413, 415, 422];

/** A `data:` URL as a PNG file. @param {string} address */
function pngOf(address) {
  const bytes = Uint8Array.from(atob(address.slice(address.indexOf(',') + 1)), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}

let lastId = 0;

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
    this.#items = files.map((file) => ({
      id: String(++lastId),
      name: file.name,
      file,
      state: 'waiting',
      progress: 0,
    }));
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
    const ask = async (/** @type {Blob} */ sent) => {
      change({ state: 'sending', sent, progress: 0 });
      const { answer, timings } = await classify(sent, (progress) => change({ progress }));
      const { labels } = await modelDetails(answer.model.name);
      change({ answer, timings, labels, seen: pngOf(answer.maps.input ?? ''), state: 'done' });
    };
    try {
      try {
        await ask(byId('reduce', HTMLInputElement).checked ? await reduced(item.file) : item.file);
      } catch (error) {
        if (!(error instanceof Problem && REFUSED.includes(error.status))) throw error;
        const sent = await redrawn(item.file);
        if (!sent) throw error;
        change({ decodedHere: true });
        await ask(sent);
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Without a connection the browser's own engine answers, where it has been switched on.
      const here = error.status === 0 ? await answerHere(item.file).catch(() => undefined) : undefined;
      change(here ? { ...here, state: 'done' } : { state: 'failed', error });
    }
    if (this.#items.includes(item)) byId('said', HTMLElement).textContent = `${item.name}: ${stateOf(item)}`;
  }

  /** @param {Item | undefined} item */
  #select(item) {
    this.#current = item;
    if (item) this.#changed(item);
  }

  get items() {
    return this.#items;
  }

  /** @param {Item} item */
  #changed(item) {
    const list = byId('items', HTMLOListElement);
    byId('list', HTMLElement).hidden = this.#items.length < 2;
    while (list.children.length > this.#items.length) list.lastElementChild?.remove();
    this.#items.forEach((each, index) => {
      if (!list.children[index]) list.append(element('li', {}, this.#button(index)));
      const button = list.children[index]?.firstElementChild;
      if (!(button instanceof HTMLButtonElement)) return;
      if (each === this.#current) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
      const [thumb, text] = button.children;
      if (thumb instanceof HTMLImageElement && each.seen && thumb.dataset.of !== each.id) {
        thumb.dataset.of = each.id;
        showBlob(thumb, each.seen);
      } else if (!each.seen) thumb?.removeAttribute('src');
      text?.replaceChildren(
        each.name,
        element('span', { class: each.error ? 'state failed' : 'state' }, stateOf(each)),
      );
    });
    byId('summary', HTMLElement).textContent = this.#summary();
    if (item === this.#current) this.#show(item);
  }

  #summary() {
    const failed = this.#items.filter(({ error }) => error).length;
    const done = this.#items.filter(({ answer }) => answer);
    const counts = new Map();
    for (const { answer } of done) {
      const label = shortLabel(answer?.predictions[0]?.label ?? '');
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    const classes = [...counts].sort(([, a], [, b]) => b - a).map(([label, count]) => `${count} ${label}`);
    const rest = failed ? `, ${failed} failed` : '';
    return `${done.length} of ${this.#items.length} answered${rest}: ${classes.join(', ') || '…'}`;
  }

  /** @param {number} index */
  #button(index) {
    const thumb = element('img', { alt: '', width: '48', height: '48' });
    const button = element('button', { type: 'button' }, thumb, element('span'));
    button.addEventListener('click', () => {
      this.#select(this.#items[index]);
      byId('result-title', HTMLElement).focus();
    });
    return button;
  }
}
