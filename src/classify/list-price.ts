// What a list of pictures may cost: its bytes pay for it, so that a form of 2 kB does not take a tenth of a second.
import { ServiceError } from '../errors.ts';

/** Work that nothing has paid for. */
const FREE_MS = 64;
const MS_PER_BYTE = 0.016;

/**
 * @param pictures with the bytes of their files
 * @param eachMs the work that each picture takes, ms of one core
 * Throws ServiceError too-much-work.
 */
export function requirePaid(pictures: readonly { readonly bytes: number }[], eachMs: number): void {
  const bytes = pictures.reduce((sum, picture) => sum + picture.bytes, 0);
  const workMs = pictures.length * eachMs;
  const paidMs = FREE_MS + bytes * MS_PER_BYTE;
  if (workMs > paidMs)
    throw new ServiceError(
      'too-much-work',
      `a list of pictures: expected work of at most ${FREE_MS} ms and ${MS_PER_BYTE} ms a byte, ` +
        `${pictures.length} pictures out of ${bytes} bytes take ${workMs} ms; send them one by one`,
      { members: { limit: { work_ms: Math.floor(paidMs) } } },
    );
}
