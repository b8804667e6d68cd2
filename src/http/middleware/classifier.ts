// Makes the request's classifier, and gives back what the request held: when it is answered, or, for an answer that is
// too large to be handed to the runtime at once, when the client has read it. A client that reads slower than the
// slowest pace is cut off; until then its memory may go to others (isolate/turns.ts).
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { ServiceError } from '../../errors.ts';
import { announcedBytes } from '../body/body.ts';
import { type AppEnv, createClassifier } from '../context.ts';
import { pacedAnswer } from '../paced-answer.ts';
import { acceptedTokens, bearerToken } from './auth.ts';

/** Answers up to this size are handed over whole: the runtime's own buffers hold as much. */
const WHOLE_ANSWER_BYTES = 256 << 10;

/** Who asks: the token where tokens are checked, else the address; '' = unknown. */
export function clientOf(c: Context<AppEnv>): string {
  // A token counts only where tokens are checked: else anybody could invent a new one for each request.
  const token = acceptedTokens(c.env).length > 0 ? bearerToken(c.req.header('authorization')) : undefined;
  return token ?? c.req.header('cf-connecting-ip') ?? '';
}

export const classifier = createMiddleware<AppEnv>(async (c, next) => {
  const own = createClassifier(c.var.isolate, c.env, {
    client: clientOf(c),
    announcedBytes: announcedBytes(c.req.raw),
    log: c.var.log,
    waitUntil: (promise) => c.executionCtx.waitUntil(promise),
  });
  c.set('classifier', own);
  let reading = false;
  try {
    await next();
    if (c.req.method !== 'POST' || c.res.status !== 200) return;
    const answer = new Uint8Array(await c.res.arrayBuffer());
    const { answerBytes } = own.budget.limits;
    if (answer.byteLength > answerBytes)
      throw new ServiceError(
        'too-much-work',
        `expected an answer of at most ${answerBytes} bytes, this one has ${answer.byteLength}; ask for less, ` +
          'or raise MAX_ANSWER_BYTES',
        { members: { limit: { answer_bytes: answerBytes } } },
      );
    if (answer.byteLength <= WHOLE_ANSWER_BYTES) {
      c.res = new Response(answer, c.res);
      return;
    }
    await own.budget.reserve(answer.byteLength);
    reading = true;
    c.res = new Response(pacedAnswer(answer, own.budget), c.res);
  } finally {
    if (!reading) own.finish();
  }
});
