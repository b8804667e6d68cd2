// Counts the whole answers of a connection as their bytes arrive: status, and size of head and body. Bodies are dropped.
// Reads Content-Length and chunked bodies (RFC 9112 section 6); a body with neither lasts to the connection's end.

export interface Answer {
  status: number;
  /** Of head and body as they came. */
  bytes: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

export class AnswerCounter {
  readonly answers: Answer[] = [];
  #head = Buffer.alloc(0);
  #current: { status: number; bytes: number; left: number | undefined; tail: Buffer } | undefined;

  add(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#current ? this.#body(rest) : this.#start(rest);
  }

  /** The connection has ended: what is open is an answer all the same. */
  finish(): void {
    if (this.#current) this.#done();
  }

  /** Takes what belongs to the head; returns what follows it. */
  #start(chunk: Buffer): Buffer {
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return Buffer.alloc(0);
    const text = this.#head.toString('latin1', 0, end);
    const rest = this.#head.subarray(end + HEAD_END.length);
    this.#head = Buffer.alloc(0);
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0);
    // An interim answer is followed by the true one.
    if (status >= 100 && status < 200) return rest;
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    const empty = status === 204 || status === 304;
    const left = empty ? 0 : length === undefined ? undefined : Number(length);
    this.#current = { status, bytes: end + HEAD_END.length, left, tail: Buffer.alloc(0) };
    if (left === 0) this.#done();
    return rest;
  }

  #body(chunk: Buffer): Buffer {
    const { current } = { current: this.#current };
    if (!current) return chunk;
    if (current.left === undefined) {
      current.bytes += chunk.length;
      current.tail = Buffer.concat([current.tail, chunk]).subarray(-LAST_CHUNK.length);
      if (current.tail.equals(LAST_CHUNK)) this.#done();
      return Buffer.alloc(0);
    }
    const taken = Math.min(current.left, chunk.length);
    current.left -= taken;
    current.bytes += taken;
    if (current.left === 0) this.#done();
    return chunk.subarray(taken);
  }

  #done(): void {
    if (this.#current) this.answers.push({ status: this.#current.status, bytes: this.#current.bytes });
    this.#current = undefined;
  }
}
