// The rest of a body that was refused. Many clients send the whole body before they read the answer; when the server
// closes in between they report a broken pipe and never see the problem. So the rest is read and dropped, as far as
// that is cheap.
import type { ByteReader } from './byte-reader.ts';

/** Bytes of a piece when the whole body is dropped: many bodies may be in progress at once. */
export const DISCARD_PIECE_BYTES = 1 << 15;

const MAX_BYTES = 64 << 20;
const MAX_MS = 5_000;
/** Bodies in progress; further ones are cut off, so that memory stays bounded. */
const MAX_BODIES = 512;
/** When each began, ms. One that is older than MAX_MS belonged to a request that was cancelled. */
const begun = new Set<{ at: number }>();

function hasRoom(now: number): boolean {
  if (begun.size < MAX_BODIES) return true;
  for (const body of begun) if (now - body.at > MAX_MS) begun.delete(body);
  return begun.size < MAX_BODIES;
}

/** Reads to the end or to a limit, then cancels. Never throws. */
export async function discard(reader: ByteReader): Promise<void> {
  const now = Date.now();
  if (!hasRoom(now)) return reader.cancel().catch(() => undefined);
  const body = { at: now };
  begun.add(body);
  // Not a race with a timer's promise, which would keep every piece until it is over.
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), MAX_MS);
  try {
    for (let bytes = 0; bytes < MAX_BYTES; ) {
      const chunk = await reader.read();
      if (!chunk) break;
      bytes += chunk.byteLength;
    }
    await reader.cancel();
  } catch {
    // The client has gone: there is nobody left to answer.
  } finally {
    clearTimeout(timer);
    begun.delete(body);
  }
}
