// The answers for many photos, to paste into a spreadsheet or a program.

/** @typedef {import('./pictures.js').Item} Item */

/** RFC 4180; a leading sign would be a formula to a spreadsheet. @param {string} text */
function cell(text) {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** @param {Item[]} items */
export function asCsv(items) {
  const rows = items.map(({ name, answer, error }) => {
    const [best] = answer?.predictions ?? [];
    return [name, best?.label ?? '', best ? String(best.score) : '', error?.message ?? '']
      .map(cell)
      .join(',');
  });
  return ['file,label,score,error', ...rows, ''].join('\r\n');
}

/** @param {Item[]} items */
export function asJson(items) {
  const rows = items.map(({ name, answer, error }) =>
    answer
      ? { file: name, image: answer.image, predictions: answer.predictions }
      : { file: name, error: error?.message ?? null },
  );
  return JSON.stringify(rows, null, 2);
}
