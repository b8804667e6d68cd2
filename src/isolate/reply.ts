// What a Durable Object answers across the border of its isolate: a value, or an error with its code. A thrown error
// would arrive as its message alone.
import { type ErrorCode, ServiceError } from '../errors.ts';

export type Reply<T> =
  | { ok: true; value: T }
  | { ok: false; problem: { code: ErrorCode; message: string; members: string } };

/** Does the work; a ServiceError becomes the reply. */
export async function replyOf<T>(work: () => Promise<T> | T): Promise<Reply<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { code, message, members } = error;
    return { ok: false, problem: { code, message, members: JSON.stringify(members) } };
  }
}

/** The value of a reply. Throws the ServiceError that the other side threw. */
export function answered<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.value;
  const { code, message, members } = reply.problem;
  throw new ServiceError(code, message, { members: JSON.parse(members) as Record<string, unknown> });
}
