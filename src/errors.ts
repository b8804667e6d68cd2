// One error class for everything that a client may read, and its code table. A code fixes the HTTP status and the
// title; the message says what was expected and what was found. How an error looks on the wire is not known here:
// `http/problem.ts` writes it as application/problem+json (RFC 9457) or in the form of a dialect.

export const ERROR_CODES = {
  'bad-parameter': { status: 400, title: 'A parameter is malformed or out of range' },
  'bad-request': { status: 400, title: 'The request is malformed' },
  'empty-body': { status: 400, title: 'The request has no body' },
  unauthorized: { status: 401, title: 'A valid bearer token is required' },
  'token-scope': { status: 403, title: 'The token may read, not write' },
  'writing-off': { status: 403, title: 'Nothing can be written here' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'photo-missing': { status: 404, title: 'The photo is not there' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'too-slow': { status: 408, title: 'The client was too slow' },
  'photo-replaced': { status: 409, title: 'The photo was replaced before it was read' },
  'too-many-bytes': { status: 413, title: 'The upload has too many bytes' },
  'too-many-examples': { status: 413, title: 'There are too many examples' },
  'too-many-files': { status: 413, title: 'The request has too many files' },
  'too-many-pixels': { status: 413, title: 'The picture has too many pixels' },
  'too-much-memory': { status: 413, title: 'The models do not fit into memory together' },
  'too-much-work': { status: 413, title: 'The request would take too much work' },
  'too-complex': { status: 413, title: 'The picture would take too much work to decode' },
  'unsupported-encoding': { status: 415, title: 'Compressed bodies are not read here' },
  'unsupported-image': { status: 415, title: 'This is not an image that is read here' },
  'range-beyond-end': { status: 416, title: 'The range begins beyond the end' },
  'damaged-image': { status: 422, title: 'The image is damaged' },
  'bad-examples': { status: 422, title: 'Nothing can be learned from these examples' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on the server' },
  'decoder-trap': { status: 500, title: 'The decoder failed and was reset' },
  'engine-trap': { status: 500, title: 'The computation failed and was reset' },
  'binding-missing': { status: 500, title: 'Something that this route needs is not bound' },
  'model-bucket-missing': { status: 500, title: 'The model bucket is not bound' },
  'model-missing': { status: 500, title: 'The model is not in the bucket' },
  'model-truncated': { status: 500, title: 'The model object is incomplete' },
  'model-version': { status: 500, title: 'The model file has another version' },
  'model-tiles': { status: 500, title: 'The model file was packed for other kernels' },
  'model-damaged': { status: 500, title: 'The model file is damaged' },
  'model-checksum': { status: 500, title: 'The model file has a wrong checksum' },
  'not-classified': { status: 500, title: 'The photo was given up' },
  'jobs-unbound': { status: 501, title: 'There are no jobs here' },
  'photo-unreachable': { status: 504, title: 'The photo could not be read from where it lies' },
  'model-unreachable': { status: 504, title: 'The model could not be read from the bucket' },
  'head-backbone': { status: 409, title: 'The head was trained on another model' },
  'head-unreachable': { status: 504, title: 'The examples of the head could not be reached' },
  'head-damaged': { status: 500, title: 'The head file is damaged' },
  'index-model': { status: 409, title: 'The index was made with another model' },
  'index-damaged': { status: 500, title: 'The index is damaged' },
  'index-unreachable': { status: 504, title: 'The index could not be read or written' },
  'model-timeout': { status: 504, title: 'The model could not be loaded in time' },
} as const satisfies Record<string, { status: number; title: string }>;

/** Characters of a client's or a file's text that a message repeats. */
const MAX_EXCERPT = 64;

/** Text from outside, fit for a message, a member or a log line: at most 64 characters of it. */
export function excerpt(text: string): string {
  return text.length <= MAX_EXCERPT ? text : `${text.slice(0, MAX_EXCERPT - 3)}...`;
}

/** The same in quotes and on one line, whatever characters it has. */
export function quotedExcerpt(text: string): string {
  return JSON.stringify(excerpt(text));
}

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  cause?: unknown;
  /** Further members of the problem document, such as the limit that was exceeded. */
  members?: Record<string, unknown>;
  /** Response headers that belong to the error, such as Allow or Retry-After. */
  headers?: Record<string, string>;
  /** What the operator can do about it: for the log line, not for the answer. */
  hint?: string;
}

export class ServiceError extends Error {
  override name = 'ServiceError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly members: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = ERROR_CODES[code].status;
    this.title = ERROR_CODES[code].title;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
    this.hint = options.hint;
  }
}

export interface BadParameter {
  /** What the client sent; an excerpt of it is repeated. */
  got?: string;
  /** What the message calls the parameter, where its name alone would not do. */
  subject?: string;
  cause?: unknown;
}

/** The refusal of one parameter, which the member `parameter` names: `name: expected ..., got ...`. */
export function badParameter(
  name: string,
  expected: string,
  { got, subject = name, cause }: BadParameter = {},
): ServiceError {
  const found = got === undefined ? '' : `, got ${excerpt(got)}`;
  return new ServiceError('bad-parameter', `${subject}: expected ${expected}${found}`, {
    members: { parameter: name },
    cause,
  });
}
