// One picture's answer: the preview, the bars, the timings; or what went wrong.
import { byId, element, percent, showBlob } from './element.js';

/** @typedef {import('./pictures.js').Item} Item */

/** @param {number} ms */
function milliseconds(ms) {
  return ms < 1 ? '< 1 ms' : `${Math.round(ms)} ms`;
}

/** @param {import('./api.js').Prediction} prediction */
function bar({ label, synset, score }) {
  const strip = element('span', { class: 'bar' });
  strip.style.width = `${score * 100}%`;
  const words = element('span', {}, `${label} `);
  if (synset) words.append(element('small', {}, synset));
  return element('li', {}, strip, words, element('span', {}, percent(score)));
}

/** @param {import('./api.js').Timings} timings */
function timingRows({ uploadMs, loadMs, decodeMs, inferenceMs, cold }) {
  const start = cold
    ? `cold: the model was loaded first, ${milliseconds(loadMs)}`
    : 'warm: the model was in memory';
  const rows = [
    ['Upload', milliseconds(uploadMs)],
    ['Decode', milliseconds(decodeMs)],
    ['Inference', milliseconds(inferenceMs)],
    ['Start', start],
  ];
  return rows.flatMap(([name = '', value = '']) => [element('dt', {}, name), element('dd', {}, value)]);
}

/** @param {Item} item */
function caption({ answer, file, sent }) {
  if (!answer) return '';
  const { format, width, height, orientation } = answer.image;
  const turned = orientation === 1 ? '' : `, turned upright (EXIF ${orientation})`;
  const smaller = sent && sent.size < file.size ? ', reduced in the browser' : '';
  return `As the network sees it. Sent: ${format}, ${width} × ${height}${turned}${smaller}.`;
}

/** @param {Item} item */
export function showAnswer(item) {
  const { name, state, progress, answer, timings, error, seen } = item;
  byId('result', HTMLElement).hidden = false;
  byId('result-title', HTMLHeadingElement).textContent = name;
  const message = byId('error', HTMLParagraphElement);
  message.hidden = !error;
  message.textContent = error?.message ?? '';
  byId('busy', HTMLParagraphElement).hidden = state !== 'sending';
  const upload = byId('upload', HTMLProgressElement);
  // Without a value the bar only says that something goes on: everything is sent, the server computes.
  if (progress < 1) upload.value = progress;
  else upload.removeAttribute('value');
  const [label] = upload.labels;
  if (label) label.textContent = progress < 1 ? `Uploading: ${percent(progress)}` : 'The server computes …';
  byId('answer', HTMLDivElement).hidden = !answer;
  byId('classes', HTMLOListElement).replaceChildren(...(answer?.predictions.map(bar) ?? []));
  byId('timings', HTMLDListElement).replaceChildren(...(timings ? timingRows(timings) : []));
  byId('seen-caption', HTMLElement).textContent = caption(item);
  const image = byId('seen', HTMLImageElement);
  if (seen) showBlob(image, seen);
  else image.removeAttribute('src');
  for (const id of ['copy', 'occlusion', 'inside']) byId(id, HTMLDetailsElement).hidden = !seen;
}
