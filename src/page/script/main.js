// Puts the page together.
import { showAnswer } from './answer.js';
import { call, Problem, useToken } from './api.js';
import { clearCopy, watchCopy } from './copy.js';
import { byId } from './element.js';
import { watchIntake } from './intake.js';
import { showLocal, watchLocal } from './local.js';
import { showKnown } from './model.js';
import { clearOcclusion, watchOcclusion } from './occlusion.js';
import { Pictures } from './pictures.js';
import { showSamples } from './samples.js';
import { asCsv, asJson } from './table.js';

/** Wakes the model, and says so: a cold server loads it first. */
async function warm() {
  const said = byId('model', HTMLParagraphElement);
  try {
    await call('/readyz?warm=1');
    said.textContent = 'The model is ready.';
    said.dataset.state = 'ready';
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    said.textContent = `The model is not ready. ${error.message}`;
    said.dataset.state = 'failed';
  }
}

const tokenForm = byId('token-form', HTMLFormElement);

/** @type {string | undefined} The photo whose answer was brought into view. */
let brought;

/** On a phone the answer would come below what is in view. @param {string} id */
function bring(id) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  byId(id, HTMLElement).scrollIntoView({ behavior: calm ? 'auto' : 'smooth' });
}

/** What only an answer needs is loaded with it. @param {import('./pictures.js').Item} item */
async function look(item) {
  byId('inside', HTMLElement).hidden = !item.seen;
  if (item.seen) (await import('./inside.js')).showInside(item);
}

const pictures = new Pictures((item) => {
  showAnswer(item);
  look(item);
  if (item.answer && brought !== item.id) {
    brought = item.id;
    // Only now is the page long enough for that.
    if (pictures.items.length === 1) bring('result');
  }
  clearOcclusion(item);
  showLocal(item);
  clearCopy();
  const refused = item.error?.status === 401;
  if (refused && tokenForm.hidden) {
    tokenForm.hidden = false;
    byId('token', HTMLInputElement).focus();
  } else if (item.answer) tokenForm.hidden = true;
});

tokenForm.addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(byId('token', HTMLInputElement).value.trim());
  pictures.retry();
  tell(showKnown());
});

/** What the page only would like to say is left out where the server refuses. @param {Promise<void>} saying */
function tell(saying) {
  saying.catch((error) => {
    if (!(error instanceof Problem)) throw error;
  });
}

/** @param {string} id @param {() => string} text */
function watchListCopy(id, text) {
  byId(id, HTMLButtonElement).addEventListener('click', async () => {
    byId('list-copied', HTMLElement).textContent = await navigator.clipboard.writeText(text()).then(
      () => 'Copied.',
      () => 'The browser does not allow copying here.',
    );
  });
}

/** What is large and not everybody's comes with its first use. @param {() => import('./pictures.js').Item | undefined} shown */
function watchBeginnings(shown) {
  byId('teach-begin', HTMLButtonElement).addEventListener('click', async () =>
    (await import('./teach.js')).beginTeaching(),
  );
  const alike = () => import('./alike.js');
  const folder = byId('folder', HTMLInputElement);
  folder.addEventListener('change', async () => {
    const files = Array.from(folder.files ?? []);
    folder.value = '';
    (await alike()).openFolder(files);
  });
  byId('alike', HTMLElement).addEventListener('dragover', (event) => event.preventDefault());
  byId('alike', HTMLElement).addEventListener('drop', async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const entries = Array.from(event.dataTransfer?.items ?? [], (item) => item.webkitGetAsEntry?.() ?? null);
    const files = Array.from(event.dataTransfer?.files ?? []);
    const { filesBelow, openFolder } = await alike();
    openFolder(await filesBelow(entries, files));
  });
  byId('index-form', HTMLFormElement).addEventListener('submit', async (event) => {
    event.preventDefault();
    (await alike()).searchIndex(shown());
  });
}

const choose = (/** @type {File[]} */ files) => {
  const taken = pictures.take(files);
  bring(files.length > 1 ? 'list' : 'result');
  return taken;
};
const current = () => pictures.current;
showSamples(choose);
watchIntake(choose);
watchOcclusion(current);
watchLocal(current);
watchCopy(() => pictures.current?.name ?? 'photo.jpg');
watchListCopy('copy-csv', () => asCsv(pictures.items));
watchListCopy('copy-json', () => asJson(pictures.items));
watchBeginnings(current);
warm();
tell(showKnown());
