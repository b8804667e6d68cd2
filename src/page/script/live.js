// The webcam, live: the class of each frame, computed in this browser.
import { byId, element, percent } from './element.js';
import { modelDetails, shortLabel } from './model.js';

/** Frames over which the rate is taken. */
const RATE_FRAMES = 20;

/** The centre of a frame, as the network wants it: RGBA of its size. @param {HTMLVideoElement} video @param {CanvasRenderingContext2D} context @param {number} size */
function frameOf(video, context, size) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  context.drawImage(video, left, top, side, side, 0, 0, size, size);
  return context.getImageData(0, 0, size, size).data;
}

/** @param {HTMLVideoElement} video @param {MediaStream} stream */
function stop(video, stream) {
  for (const track of stream.getTracks()) track.stop();
  video.srcObject = null;
  byId('live', HTMLElement).hidden = true;
  byId('webcam', HTMLButtonElement).textContent = 'Use the webcam, live';
}

/**
 * Begins, or ends what is going on.
 * @param {number} size side of the network's input
 * @param {(rgba: Uint8ClampedArray) => Promise<{ probabilities: Float32Array }>} classify
 * @param {(text: string) => void} say
 */
export async function goLive(size, classify, say) {
  const video = byId('video', HTMLVideoElement);
  if (video.srcObject instanceof MediaStream) return stop(video, video.srcObject);
  const stream = await navigator.mediaDevices
    .getUserMedia({ video: { width: 640, height: 480 } })
    .catch(() => undefined);
  if (!stream) return say('The camera could not be used: allow it for this page, or connect one.');
  byId('webcam', HTMLButtonElement).textContent = 'Stop the webcam';
  byId('live', HTMLElement).hidden = false;
  video.srcObject = stream;
  await video.play();
  const context = element('canvas', { width: String(size), height: String(size) }).getContext('2d', {
    willReadFrequently: true,
  });
  if (!context) return;
  const { labels } = await modelDetails();
  /** @type {number[]} */
  const times = [];
  while (video.srcObject === stream) {
    const { probabilities } = await classify(frameOf(video, context, size));
    const best = probabilities.indexOf(Math.max(...probabilities));
    byId('live-class', HTMLElement).textContent =
      `${shortLabel(labels[best]?.label ?? '')}, ${percent(probabilities[best] ?? 0)}`;
    times.push(performance.now());
    if (times.length > RATE_FRAMES) times.shift();
    const rate = ((times.length - 1) * 1000) / Math.max(1, (times.at(-1) ?? 0) - (times[0] ?? 0));
    byId('live-rate', HTMLElement).textContent = `${rate.toFixed(1)} frames a second`;
    await new Promise(requestAnimationFrame);
  }
}
