// Puts the page together.
import { showAnswer } from './answer.js';
import { call, Problem, useToken } from './api.js';
import { clearCopy, watchCopy } from './copy.js';
import { byId } from './element.js';
import { showInside, watchInside } from './inside.js';
import { watchIntake } from './intake.js';
import { clearOcclusion, watchOcclusion } from './occlusion.js';
import { Pictures } from './pictures.js';
import { showSamples } from './samples.js';

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

const pictures = new Pictures((item) => {
  showAnswer(item);
  showInside(item);
  clearOcclusion(item);
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
});

const choose = (/** @type {File[]} */ files) => pictures.take(files);
const current = () => pictures.current;
showSamples(choose);
watchIntake(choose);
watchInside(current);
watchOcclusion(current);
watchCopy(() => pictures.current?.name ?? 'photo.jpg');
warm();
