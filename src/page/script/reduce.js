// Makes a large photo smaller before it is sent. The network looks at 256 pixels of the shorter side; twice that leaves
// the answer as it was but for rounding.
const SHORTER_SIDE = 512;
const QUALITY = 0.92;

/**
 * The picture with a shorter side of 512 pixels, as JPEG, upright; the file itself when it is small already or the
 * browser cannot read it.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function reduced(file) {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return file;
  const scale = SHORTER_SIDE / Math.min(bitmap.width, bitmap.height);
  if (scale >= 1) return file;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const context = canvas.getContext('2d');
  if (!context) return file;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  return blob && blob.size < file.size ? blob : file;
}
