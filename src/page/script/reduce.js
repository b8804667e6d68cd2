// Makes a large photo smaller before it is sent. The network looks at 256 pixels of the shorter side; twice that leaves
// the answer as it was but for rounding.
const SHORTER_SIDE = 512;
const QUALITY = 0.92;

/**
 * The picture with a shorter side of at most 512 pixels, as JPEG, upright; undefined when the browser cannot read it.
 * @param {Blob} file
 * @returns {Promise<Blob | undefined>}
 */
export async function redrawn(file) {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return undefined;
  const scale = Math.min(1, SHORTER_SIDE / Math.min(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  return blob ?? undefined;
}

/**
 * The same, but the file itself when that is smaller or the browser cannot read it.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function reduced(file) {
  const blob = await redrawn(file);
  return blob && blob.size < file.size ? blob : file;
}
