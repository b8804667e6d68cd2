// Answers whose memory belongs to the request until they are read. Small ones are handed to the runtime at once; larger
// ones are written while the client reads, at its pace: a client slower than the slowest pace (isolate/pace.ts) is cut
// off, and so is one that is behind when others need what it holds (isolate/turns.ts). Nothing is written before its
// length is known to be allowed.
import type { Context } from 'hono';
import type { TypedResponse } from 'hono/types';
import { ServiceError } from '../errors.ts';
import type { Budget } from '../isolate/budget.ts';
import { type ByteSource, joined } from '../isolate/byte-source.ts';
import { Pace } from '../isolate/pace.ts';
import { tooSlow } from '../isolate/turns.ts';
import { type AppEnv, budgetOf } from './context.ts';
import { jsonBytes, jsonPieces, type Written } from './json-pieces.ts';

/** Answers up to this size are handed over whole: the runtime's own buffers hold as much. */
const WHOLE_ANSWER_BYTES = 256 << 10;
/** Of what is cut into pieces. */
const PIECE_BYTES = 64 << 10;
/** Writing JSON, ms of one core for a byte. */
const MS_PER_BYTE = 2e-5;

/** The source at the reader's pace; the budget is given back at its end, whatever that is. */
export function pacedAnswer(source: ByteSource, budget: Budget): ReadableStream<Uint8Array> {
  const { holder } = budget;
  const pace = new Pace(budget.limits.pace, holder);
  let bytes = 0;
  let ended = false;
  const end = () => {
    ended = true;
    pace.end();
    budget.finish();
    void source.cancel().catch(() => undefined);
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pace.end(bytes);
        const piece = await source.read();
        if (ended) return;
        if (!piece) {
          controller.close();
          end();
          return;
        }
        bytes = piece.byteLength;
        pace.begin(() => {
          controller.error(
            tooSlow(
              holder.revoked
                ? 'the answer was read too slowly while others waited'
                : `the answer was read slower than ${pace.limits.bytesPerSecond} bytes a second`,
            ),
          );
          end();
        });
        controller.enqueue(piece.slice());
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** Pieces as a source; other requests get their turns in between. */
function pieceSource(pieces: Iterator<Uint8Array>, budget: Budget): ByteSource {
  let bytes = 0;
  return {
    async read() {
      await budget.turn(bytes * MS_PER_BYTE);
      const { done, value } = pieces.next();
      if (done) return undefined;
      bytes = value.byteLength;
      return value;
    },
    async cancel() {
      pieces.return?.();
    },
  };
}

function* encoded(texts: Iterable<string>): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const text of texts) yield encoder.encode(text);
}

function* cut(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts)
    for (let at = 0; at < part.byteLength; at += PIECE_BYTES) yield part.subarray(at, at + PIECE_BYTES);
}

function bodyOf(
  c: Context<AppEnv>,
  pieces: Generator<Uint8Array>,
  most: number,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  const budget = budgetOf(c);
  const { answerBytes } = budget.limits;
  if (most > answerBytes)
    throw new ServiceError(
      'too-much-work',
      `expected an answer of at most ${answerBytes} bytes, this one may have ${most}; ask for less, ` +
        'or raise MAX_ANSWER_BYTES',
      { members: { limit: { answer_bytes: answerBytes } } },
    );
  if (most <= WHOLE_ANSWER_BYTES) return joined([...pieces]);
  budget.charge(most * MS_PER_BYTE, 'writing the answer');
  budget.settle();
  c.set('paced', true);
  return pacedAnswer(pieceSource(pieces, budget), budget);
}

/**
 * Answers with a value as JSON. Throws ServiceError too-much-work when it may become longer than an answer may be.
 */
export function jsonAnswer<T>(
  c: Context<AppEnv>,
  value: T,
): Response & TypedResponse<Written<T>, 200, 'json'> {
  const body = bodyOf(c, encoded(jsonPieces(value)), jsonBytes(value));
  const answer: Response = c.body(body, 200, { 'content-type': 'application/json' });
  return answer as Response & TypedResponse<Written<T>, 200, 'json'>;
}

/** Answers with bytes, one part after the other. Throws ServiceError too-much-work as jsonAnswer. */
export function bytesAnswer(
  c: Context<AppEnv>,
  parts: readonly Uint8Array[],
  headers: Record<string, string>,
): Response {
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return c.body(bodyOf(c, cut(parts), bytes), 200, headers);
}
