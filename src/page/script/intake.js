// Every way for pictures to come in: dropped, pasted, chosen, photographed.
import { byId } from './element.js';

/** @param {DataTransfer | null} data */
function filesOf(data) {
  return Array.from(data?.files ?? []);
}

/** @param {(files: File[]) => void} choose */
export function watchIntake(choose) {
  const take = (/** @type {File[]} */ files) => {
    if (files.length > 0) choose(files);
  };
  for (const id of ['files', 'camera']) {
    const input = byId(id, HTMLInputElement);
    input.addEventListener('change', () => {
      take(Array.from(input.files ?? []));
      // Choosing the same file again shall count as a change.
      input.value = '';
    });
  }
  document.addEventListener('paste', (event) => take(filesOf(event.clipboardData)));
  const zone = byId('drop', HTMLDivElement);
  // The whole page takes drops: a file that misses the zone must not replace the page.
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) zone.classList.remove('over');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    take(filesOf(event.dataTransfer));
  });
}
