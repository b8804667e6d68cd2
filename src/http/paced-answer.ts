// An answer that is too large to be handed to the runtime at once: it goes out at the client's pace, and its memory
// belongs to the request until it is read. A client slower than the slowest pace is cut off, and so is one that is
// behind when others need the memory (isolate/turns.ts).
import type { Budget } from '../isolate/budget.ts';
import { tooSlow } from '../isolate/turns.ts';

const PIECE_BYTES = 64 << 10;

/** The answer piece by piece; the budget is given back at its end, whatever that is. */
export function pacedAnswer(answer: Uint8Array, budget: Budget): ReadableStream<Uint8Array> {
  const { holder } = budget;
  const { pace } = budget.limits;
  let at = 0;
  let behindMs = 0;
  let since: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    if (timer) clearTimeout(timer);
    budget.finish();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        holder.onRevoked(() => {
          controller.error(tooSlow('the answer was read too slowly while others waited'));
          end();
        });
      },
      pull(controller) {
        if (timer) clearTimeout(timer);
        const now = Date.now();
        if (since !== undefined)
          behindMs = Math.max(behindMs + now - since - (PIECE_BYTES / pace.bytesPerSecond) * 1000, 0);
        if (at >= answer.byteLength) {
          controller.close();
          end();
          return;
        }
        const piece = answer.slice(at, at + PIECE_BYTES);
        at += piece.byteLength;
        since = now;
        holder.waitForClient(behindMs);
        timer = setTimeout(() => {
          controller.error(tooSlow(`the answer was read slower than ${pace.bytesPerSecond} bytes a second`));
          end();
        }, pace.graceMs - Math.min(behindMs, pace.graceMs));
        controller.enqueue(piece);
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
