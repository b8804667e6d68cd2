// The rest of a body that was refused. Many clients send the whole body before they read the answer; when the server
// closes in between they report a broken pipe and never see the problem. So the rest is read and dropped, as far as
// that is cheap.
import type { ByteReader } from './byte-reader.ts';

const MAX_BYTES = 64 << 20;
const MAX_MS = 5_000;

/** Reads to the end or to a limit, then cancels. Never throws. */
export async function discard(reader: ByteReader): Promise<void> {
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
  }
}
