// The webcam, live: the class of each frame, computed in this browser.
import { frameOf, NO_CAMERA, squareContext, startCamera, stopCamera } from './camera.js';
import { byId, percent } from './element.js';
import { modelDetails, shortLabel } from './model.js';

/** Frames over which the rate is taken. */
const RATE_FRAMES = 20;

/** @param {HTMLVideoElement} video */
function stop(video) {
  stopCamera(video);
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
  if (video.srcObject) return stop(video);
  if (!(await startCamera(video))) return say(NO_CAMERA);
  byId('webcam', HTMLButtonElement).textContent = 'Stop the webcam';
  byId('live', HTMLElement).hidden = false;
  const stream = video.srcObject;
  const context = squareContext(size);
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
