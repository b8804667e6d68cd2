// CSV after RFC 4180: fields in quotes, quotes doubled, lines end in CRLF. Read back to find where a run stopped.

export function csvRow(fields: readonly (string | number | boolean | undefined)[]): string {
  const quoted = fields.map((field) => {
    const text = field === undefined ? '' : String(field);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\r\n`;
}

export interface CsvRows {
  rows: string[][];
  /** Characters of all whole rows; what follows is a row that was cut off. */
  end: number;
}

/** The whole rows of a text. */
export function parseCsv(text: string): CsvRows {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ',') {
      row.push(field);
      field = '';
    } else if (char === '\n') {
      rows.push([...row, field]);
      row = [];
      field = '';
      end = at + 1;
    } else if (char !== '\r') field += char;
  }
  return { rows, end };
}
