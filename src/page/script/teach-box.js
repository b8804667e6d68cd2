// One box of "Teach it": a class, its name and its photos; files come by choice, drop, paste or from the webcam.
import { NO_CAMERA, photoOf, startCamera, stopCamera } from './camera.js';
import { byId, element, showBlob } from './element.js';

/**
 * @typedef {object} Photo
 * @property {number} number under which the web worker knows it
 * @property {File} file
 * @property {Blob} [sent] what was read in the end
 * @property {boolean} learned
 * @property {string} [error]
 * @property {{ label: string, id: string }} [saved] where the server has it
 * @typedef {object} Events
 * @property {(box: Box, files: File[]) => void} files
 * @property {(box: Box, photo: Photo) => void} removed
 * @property {(box: Box) => void} closed
 * @property {() => void} renamed
 * @property {(text: string) => void} said
 */

/** The label of photos of other things. */
export const OTHERS = 'none';

/** One for all boxes. */
const video = element('video', { playsinline: '' });
video.muted = true;
let lastSnap = 0;

/**
 * @template {HTMLElement} T
 * @param {Element} parent
 * @param {string} selector
 * @param {new () => T} type
 */
function within(parent, selector, type) {
  const found = parent.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`expected a ${type.name} at ${selector}`);
  return found;
}

export class Box {
  /** @type {Photo[]} */
  photos = [];
  #events;
  #name;
  #list;

  /** @param {number} number @param {boolean} others a box of other things @param {Events} events */
  constructor(number, others, events) {
    this.#events = events;
    this.others = others;
    const copy = byId('box', HTMLTemplateElement).content.cloneNode(true);
    this.element = within(/** @type {DocumentFragment & Element} */ (copy), '.box', HTMLLIElement);
    this.element.tabIndex = -1;
    this.#name = within(this.element, 'input[type=text]', HTMLInputElement);
    this.#list = within(this.element, '.photos', HTMLOListElement);
    const chosen = within(this.element, 'input[type=file]', HTMLInputElement);
    const [nameLabel, fileLabel] = this.element.querySelectorAll('label');
    this.#name.id = `class-${number}`;
    this.#name.value = others ? 'Other things' : `Class ${number}`;
    this.#name.readOnly = others;
    nameLabel?.setAttribute('for', this.#name.id);
    chosen.id = `class-files-${number}`;
    fileLabel?.setAttribute('for', chosen.id);
    this.#watch(chosen);
  }

  /** @param {HTMLInputElement} chosen */
  #watch(chosen) {
    const { files, closed, renamed } = this.#events;
    chosen.addEventListener('change', () => {
      files(this, Array.from(chosen.files ?? []));
      chosen.value = '';
    });
    this.#name.addEventListener('change', renamed);
    this.element.addEventListener('dragover', (event) => {
      event.preventDefault();
      event.stopPropagation();
      byId('drop', HTMLElement).classList.remove('over');
      this.element.classList.add('over');
    });
    this.element.addEventListener('dragleave', () => this.element.classList.remove('over'));
    this.element.addEventListener('drop', (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.element.classList.remove('over');
      files(this, Array.from(event.dataTransfer?.files ?? []));
    });
    within(this.element, '.remove', HTMLButtonElement).addEventListener('click', () => {
      if (this.element.contains(video)) this.#stopCamera();
      closed(this);
    });
    within(this.element, '.snap', HTMLButtonElement).addEventListener('click', () => this.#snap());
    within(this.element, '.stop', HTMLButtonElement).addEventListener('click', () => this.#stopCamera());
  }

  /** The class's name, as it is trained and saved. */
  get label() {
    return this.others ? OTHERS : this.#name.value.trim() || this.#name.id.replace('-', ' ');
  }

  /** Where somebody begins who works in it. */
  focus() {
    this.#name.focus();
    this.#name.select();
  }

  /** @param {File[]} files */
  take(files) {
    this.#events.files(this, files);
  }

  /** Shows the camera here, or takes its picture. */
  async #snap() {
    const snap = within(this.element, '.snap', HTMLButtonElement);
    const stop = within(this.element, '.stop', HTMLButtonElement);
    if (!this.element.contains(video) || !video.srcObject) {
      for (const button of document.querySelectorAll('.box .stop')) button.setAttribute('hidden', '');
      for (const button of document.querySelectorAll('.box .snap')) button.textContent = 'From the webcam';
      within(this.element, '.camera', HTMLElement).append(video);
      // Moving it has stopped it.
      if (video.srcObject) await video.play();
      else if (!(await startCamera(video))) return this.#events.said(NO_CAMERA);
      snap.textContent = 'Take this picture';
      stop.hidden = false;
      return;
    }
    const file = await photoOf(video, `webcam-${++lastSnap}.jpg`);
    if (file) this.#events.files(this, [file]);
  }

  #stopCamera() {
    stopCamera(video);
    video.remove();
    within(this.element, '.snap', HTMLButtonElement).textContent = 'From the webcam';
    within(this.element, '.stop', HTMLButtonElement).hidden = true;
  }

  /** @param {Photo} photo */
  add(photo) {
    this.photos.push(photo);
    const image = element('img', { alt: '', width: '72', height: '72' });
    showBlob(image, photo.file);
    const { name } = photo.file;
    const remove = element(
      'button',
      { type: 'button', title: `Remove ${name}`, 'aria-label': `Remove ${name}` },
      '×',
    );
    remove.addEventListener('click', () => {
      const next = remove.closest('li')?.nextElementSibling ?? this.#list.querySelector('li');
      this.photos = this.photos.filter((each) => each !== photo);
      remove.closest('li')?.remove();
      // Whoever works by keyboard goes on from here.
      const focus = next?.querySelector('button') ?? within(this.element, '.snap', HTMLButtonElement);
      focus.focus();
      this.#events.removed(this, photo);
    });
    const said = element('span', { class: 'said' }, 'looking …');
    this.#list.append(element('li', { 'data-photo': String(photo.number) }, image, said, remove));
  }

  /** What is said of a photo, in words. @param {Photo} photo @param {string} text @param {'fine' | 'suspicious' | 'failed'} state */
  mark(photo, text, state) {
    const item = this.#list.querySelector(`[data-photo="${photo.number}"]`);
    if (!item) return;
    item.className = state;
    within(item, '.said', HTMLElement).textContent = text;
  }
}
