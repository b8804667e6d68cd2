// One photo's answer: the heading says it; the photo with the crop's frame, the bars, the timings; or what went wrong.
import { byId, element, percent, showBlob } from './element.js';
import { modelDetails, shortLabel } from './model.js';

/** @typedef {import('./pictures.js').Item} Item */

/** Bars below this share are left out, but for the first three. */
const LEAST_SHARE = 0.001;
/** Above this p-value (a test that a photo of a known class fails one time in twenty), the answer stands alone. */
const LEAST_KNOWN = 0.05;

/** A kind of several classes is said where no class has half of the probability and the kind has as much as this. */
const MIN_KIND = 0.8;

/** @param {number} ms */
function milliseconds(ms) {
  return ms < 1 ? '< 1 ms' : `${Math.round(ms)} ms`;
}

/** @param {number} share */
function shown(share) {
  return share < LEAST_SHARE ? '< 0.1 %' : percent(share);
}

/** @param {import('./api.js').Prediction} prediction */
function bar({ label, synset, score }) {
  const strip = element('span', { class: 'bar' });
  strip.style.width = `${score * 100}%`;
  return element(
    'li',
    { title: synset ? `${label} (${synset})` : label },
    strip,
    element('span', {}, shortLabel(label)),
    element('span', {}, shown(score)),
  );
}

/** @param {import('./api.js').Timings} timings */
function timingRows({ uploadMs, loadMs, decodeMs, inferenceMs, cold }) {
  const rows = [
    ['Upload', milliseconds(uploadMs)],
    ['Decode', milliseconds(decodeMs)],
    ['Inference', milliseconds(inferenceMs)],
    ['Start', cold ? `cold: the model was loaded first, ${milliseconds(loadMs)}` : 'warm'],
  ];
  return rows.flatMap(([name = '', value = '']) => [element('dt', {}, name), element('dd', {}, value)]);
}

/** @param {Item} item */
function caption({ answer, file, sent, decodedHere }) {
  if (!answer) return '';
  const { format, width, height, orientation } = answer.image;
  const turned = orientation === 1 ? '' : `, turned upright (EXIF ${orientation})`;
  const smaller = decodedHere
    ? ', decoded by your browser'
    : sent && sent.size < file.size
      ? ', reduced in the browser'
      : '';
  return `The frame is what the network sees. Sent: ${format}, ${width} × ${height}${turned}${smaller}.`;
}

/** Whether a photo is probably none of the classes, where the server tells. @param {Item} item */
export function isDoubtful({ answer }) {
  return answer?.none_of_these ?? (answer?.known !== undefined && answer.known < LEAST_KNOWN);
}

/** The answer in words. @param {Item} item */
function heading(item) {
  const { state, progress, answer, error, name } = item;
  const [best] = answer?.predictions ?? [];
  if (best) {
    const label = shortLabel(best.label);
    if (isDoubtful(item)) return `Probably none of its classes. Nearest: ${label}`;
    const kind = answer?.parents?.find(({ score }) => score >= MIN_KIND);
    if (best.score < 0.5 && kind)
      return `Some kind of ${shortLabel(kind.label)}, ${percent(kind.score)}; perhaps ${label}, ${percent(best.score)}`;
    return best.score < 0.5
      ? `Perhaps ${label}, ${percent(best.score)}`
      : `${label[0]?.toUpperCase()}${label.slice(1)}, ${percent(best.score)}`;
  }
  if (error) return `${name}: no answer`;
  if (state === 'waiting') return `${name}: waiting`;
  return progress < 1 ? `Sending ${name} …` : `Looking at ${name} …`;
}

/** The whole photo with the crop's frame on it, where the browser can show the file. @param {Item} item */
async function showPhoto(item) {
  const { seen, file } = item;
  const whole = byId('whole', HTMLImageElement);
  const image = byId('seen', HTMLImageElement);
  const frame = byId('frame', HTMLElement);
  if (seen) showBlob(image, seen);
  if (whole.dataset.of === item.id) return;
  whole.dataset.of = item.id;
  whole.hidden = true;
  image.hidden = false;
  frame.hidden = true;
  if (!item.answer) {
    delete whole.dataset.of;
    if (!seen) image.removeAttribute('src');
  }
  whole.src = URL.createObjectURL(file);
  const shows = await whole.decode().then(
    () => true,
    () => false,
  );
  if (!shows || whole.dataset.of !== item.id || !item.answer) return;
  const { preprocessing } = await modelDetails(item.answer.model.name);
  const { naturalWidth: width, naturalHeight: height } = whole;
  const short = Math.min(width, height);
  const warp = preprocessing.resize === 'warp';
  const share = preprocessing.crop / preprocessing.resize_to;
  const across = share * (warp ? 1 : short / width);
  const down = share * (warp ? 1 : short / height);
  frame.style.left = `${50 * (1 - across)}%`;
  frame.style.top = `${50 * (1 - down)}%`;
  frame.style.width = `${100 * across}%`;
  frame.style.height = `${100 * down}%`;
  whole.hidden = false;
  image.hidden = true;
  frame.hidden = false;
}

/** @param {Item} item */
export function showAnswer(item) {
  const { state, progress, answer, timings, error } = item;
  byId('result', HTMLElement).hidden = false;
  byId('result-title', HTMLHeadingElement).textContent = heading(item);
  const message = byId('error', HTMLParagraphElement);
  message.hidden = !error;
  message.textContent = error?.message ?? '';
  const doubt = byId('doubt', HTMLElement);
  doubt.hidden = !answer || !isDoubtful(item);
  doubt.textContent = doubt.hidden
    ? ''
    : 'It can only answer with what it knows, so take the bars below with salt.';
  byId('busy', HTMLParagraphElement).hidden = state !== 'sending' || Boolean(answer);
  const upload = byId('upload', HTMLProgressElement);
  // Without a value the bar only says that something goes on: everything is sent, the server computes.
  if (progress < 1) upload.value = progress;
  else upload.removeAttribute('value');
  const [label] = upload.labels;
  if (label) label.textContent = progress < 1 ? `Uploading: ${percent(progress)}` : waitingFor();
  byId('answer', HTMLDivElement).hidden = !answer;
  const rows = answer?.predictions.filter(({ score }, i) => i < 3 || score >= LEAST_SHARE) ?? [];
  byId('classes', HTMLOListElement).replaceChildren(...rows.map(bar));
  byId('timings', HTMLDListElement).replaceChildren(...(timings ? timingRows(timings) : []));
  byId('seen-caption', HTMLElement).textContent = caption(item);
  if (answer) showPhoto(item);
}

/** A cold server loads its model first. */
function waitingFor() {
  const ready = byId('model', HTMLElement).dataset.state === 'ready';
  return ready ? 'The server computes …' : 'The server wakes up and loads 30 MB of weights …';
}
