// A camera: its picture on the page, single photos and frames of it.
import { element } from './element.js';

/** Of a photo, in pixels: more than the network looks at. */
const PHOTO_SIDE = 480;
const QUALITY = 0.92;

/** Draws the centre of a video's picture. @param {HTMLVideoElement} video @param {CanvasRenderingContext2D} context @param {number} size */
function drawSquare(video, context, size) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  context.drawImage(video, left, top, side, side, 0, 0, size, size);
}

/** A canvas to draw on and to read from. @param {number} size */
export function squareContext(size) {
  return element('canvas', { width: String(size), height: String(size) }).getContext('2d', {
    willReadFrequently: true,
  });
}

/** The centre of a frame, as the network wants it: RGBA of its size. @param {HTMLVideoElement} video @param {CanvasRenderingContext2D} context @param {number} size */
export function frameOf(video, context, size) {
  drawSquare(video, context, size);
  return context.getImageData(0, 0, size, size).data;
}

/** Begins to show the camera; false where there is none, or no leave to use it. @param {HTMLVideoElement} video */
export async function startCamera(video) {
  const stream = await navigator.mediaDevices
    ?.getUserMedia({ video: { width: 640, height: 480 } })
    .catch(() => undefined);
  if (!stream) return false;
  video.srcObject = stream;
  await video.play();
  return true;
}

/** @param {HTMLVideoElement} video */
export function stopCamera(video) {
  if (video.srcObject instanceof MediaStream) for (const track of video.srcObject.getTracks()) track.stop();
  video.srcObject = null;
}

/** What the camera sees now, as a JPEG file. @param {HTMLVideoElement} video @param {string} name @returns {Promise<File | undefined>} */
export async function photoOf(video, name) {
  const context = squareContext(PHOTO_SIDE);
  if (!context) return undefined;
  drawSquare(video, context, PHOTO_SIDE);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => context.canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  return blob ? new File([blob], name, { type: 'image/jpeg' }) : undefined;
}

export const NO_CAMERA = 'The camera could not be used: allow it for this page, or connect one.';
