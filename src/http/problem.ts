// The one translation of errors into HTTP: application/problem+json (RFC 9457). An unknown error is logged and
// answered with a fixed text, so that nothing internal leaks. `error` repeats `detail` for clients that read only it.
import { ERROR_CODES, excerpt, ServiceError } from '../errors.ts';

/** The problem document of an error, for one request. */
export function problemDocument(error: ServiceError, instance: string, requestId: string) {
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

/**
 * An error as a response, with the error's own headers. Two dialects have a form of their own: the Open Inference
 * Protocol knows only `{"error"}` as application/json, and Workers AI's envelope is added to the document.
 */
export function errorResponse(error: ServiceError, path: string, requestId: string): Response {
  const document = problemDocument(error, path, requestId);
  const inference = /^\/v2(\/|$)/.test(path);
  const envelope = /^\/(ai|client\/v4)\//.test(path)
    ? {
        result: null,
        success: false,
        errors: [{ code: error.status, message: error.message }],
        messages: [],
      }
    : {};
  return new Response(JSON.stringify(inference ? { error: error.message } : { ...document, ...envelope }), {
    status: error.status,
    headers: {
      'content-type': inference ? 'application/json' : 'application/problem+json',
      ...error.headers,
    },
  });
}
