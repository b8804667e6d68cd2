// The one translation of errors into HTTP: application/problem+json (RFC 9457), or the form of the dialect whose
// address it is. An unknown error is logged and answered with a fixed text, so that nothing internal leaks. `error`
// repeats `detail` for clients that read only it.
import * as v from 'valibot';
import { ERROR_CODES, excerpt, ServiceError } from '../errors.ts';

export const Problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  instance: v.string(),
  request_id: v.string(),
  error: v.pipe(v.string(), v.description('The same as detail, for clients that read only this.')),
});
export type Problem = v.InferOutput<typeof Problem>;

/** How errors look on the wire. */
export interface ErrorForm {
  /** Begins the names of its responses in the OpenAPI document. */
  name: string;
  contentType: string;
  schema: v.GenericSchema;
  body(problem: Problem): object;
}

/** The form of every address that no dialect claims. */
export const PROBLEM_FORM: ErrorForm = {
  name: 'Problem',
  contentType: 'application/problem+json',
  schema: Problem,
  body: (problem) => problem,
};

/** The problem document of an error, for one request. */
export function problemDocument(error: ServiceError, instance: string, requestId: string): Problem {
  return {
    type: `urn:alexnet-edge:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    instance: excerpt(instance),
    request_id: requestId,
    error: error.message,
    ...error.members,
  };
}

/** Every error as a ServiceError; unknown ones become `internal` with a fixed message. */
export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('internal', ERROR_CODES.internal.title, { cause: error });
}

/** What is not an image, or not a whole one, when `curl -d @file` sent it: that option strips line breaks. */
export function withCurlHint(error: ServiceError, contentType: string | undefined): ServiceError {
  const form = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '');
  if (!form || !['unsupported-image', 'damaged-image'].includes(error.code)) return error;
  const hint = 'if curl sent it: -d strips line breaks and zeros from a file; use --data-binary @photo.jpg';
  const { code, members, headers, cause } = error;
  return new ServiceError(code, `${error.message} ${hint}`, { members, headers, cause });
}

/** An error as a response in that form, with the error's own headers. */
export function errorResponse(
  error: ServiceError,
  path: string,
  requestId: string,
  { contentType, body }: ErrorForm,
): Response {
  return new Response(JSON.stringify(body(problemDocument(error, path, requestId))), {
    status: error.status,
    headers: { 'content-type': contentType, ...error.headers },
  });
}
