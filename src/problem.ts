// The one translation of errors into HTTP: application/problem+json (RFC 9457). An unknown error is logged and
// answered with a fixed text, so that nothing internal leaks. `error` repeats `detail` for clients that read only it.
import { ERROR_CODES, ServiceError } from './errors.ts';

/** The problem document of an error, for one request. */
export function problemDocument(error: ServiceError, instance: string, requestId: string) {
  return {
    type: `urn:alexnet-edge:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    instance,
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

/** The problem document as a response, with the error's own headers. */
export function problemResponse(error: ServiceError, instance: string, requestId: string): Response {
  return new Response(JSON.stringify(problemDocument(error, instance, requestId)), {
    status: error.status,
    headers: { 'content-type': 'application/problem+json', ...error.headers },
  });
}
