// What a list of pictures may cost: its bytes pay for it, so that a form of 2 kB does not take a tenth of a second of
// the core. Each picture is paid for before it is classified.
import { ServiceError } from '../errors.ts';

/** One forward pass, ms of one core of the slower kind. */
export const PASS_MS = 16;
/** Work of a list that its bytes have not paid for, and what each of them pays. */
const FREE_LIST_MS = 64;
const MS_PER_BYTE = 0.016;

/**
 * Throws ServiceError too-much-work for a list whose pictures cost more than they pay. The first one is as good as a
 * picture that comes alone.
 */
export function requirePaid({ pictures, bytes }: { pictures: number; bytes: number }, crops: number): void {
  const workMs = pictures * crops * PASS_MS;
  const paidMs = FREE_LIST_MS + bytes * MS_PER_BYTE;
  if (pictures === 1 || workMs <= paidMs) return;
  throw new ServiceError(
    'too-much-work',
    `a list of pictures: expected work of at most ${FREE_LIST_MS} ms and ${MS_PER_BYTE} ms a byte, ` +
      `${pictures * crops} crops out of ${bytes} bytes take ${workMs} ms; send them one by one`,
    { members: { limit: { work_ms: Math.floor(paidMs) } } },
  );
}
