// A form of POST /v1/classify: files, and fields. A field that is named like a parameter sets it; every other one (a
// submit button, a token) is ignored, as is a file input that was left empty. Files are read one after the other as
// they arrive, so what a picture's reading depends on has to come before the first file.
import type { Context } from 'hono';
import * as v from 'valibot';
import type { ImageSource } from '../../classify/classifier.ts';
import { badParameter, excerpt, ServiceError } from '../../errors.ts';
import { requestUpload } from '../body/body.ts';
import { multipartParts } from '../body/multipart.ts';
import { type AppEnv, budgetOf } from '../context.ts';
import { maxFiles } from '../limits.ts';
import { parameterError } from '../openapi/validation.ts';
import { ClassifyQuery } from './schemas.ts';

const MAX_FIELDS = 100;
const MAX_VALUE_BYTES = 1024;
const BEFORE_FILES = ['crops', 'exif', 'damaged'];

export function tooManyFiles(limit: number): ServiceError {
  return new ServiceError('too-many-files', `expected at most ${limit} files`, {
    members: { limit: { files: limit } },
  });
}

function badField(name: string, expected: string): ServiceError {
  return badParameter(excerpt(name), expected, { subject: `form field ${excerpt(name)}` });
}

export class Form {
  /** Names of the files, as they come. */
  readonly names: string[] = [];
  readonly #parts: ReturnType<typeof multipartParts>;
  readonly #texts: Record<string, string>;
  readonly #files: number;
  readonly #bytes: number;
  #fields = 0;
  #first: ImageSource | undefined;

  constructor(c: Context<AppEnv>, boundary: string) {
    this.#files = maxFiles(c.env);
    this.#bytes = c.var.classifier.limits.bytes;
    this.#texts = { ...c.req.query() };
    const body = requestUpload(c.req.raw, budgetOf(c)).limit(this.#files * this.#bytes, 'form');
    this.#parts = multipartParts(body, boundary);
  }

  /** Query and fields, as far as they have arrived. Throws ServiceError bad-parameter. */
  get parameters(): ClassifyQuery {
    const result = v.safeParse(ClassifyQuery, this.#texts);
    if (result.success) return result.output;
    throw parameterError(result.issues[0], this.#texts, Object.keys(ClassifyQuery.entries));
  }

  /** Reads up to the first file. Throws ServiceError: empty-body without one, and what the parts throw. */
  async begin(): Promise<void> {
    this.#first = await this.#next();
    if (!this.#first)
      throw new ServiceError('empty-body', 'expected at least one file in the form, got none');
  }

  /** The files, once the form has begun. */
  async *files(): AsyncGenerator<ImageSource> {
    try {
      for (let file = this.#first; file; file = await this.#next()) yield file;
    } finally {
      await this.#parts.return(undefined);
    }
  }

  async #next(): Promise<ImageSource | undefined> {
    for (;;) {
      const { done, value: part } = await this.#parts.next();
      if (done) return undefined;
      const { name, filename, body } = part;
      if (filename === undefined) {
        if (++this.#fields > MAX_FIELDS)
          throw new ServiceError('bad-request', `expected at most ${MAX_FIELDS} fields in the form`);
        if (!Object.hasOwn(ClassifyQuery.entries, name)) continue;
        if (Object.hasOwn(this.#texts, name)) throw badField(name, 'once, in the query or in the form');
        if (this.names.length > 0 && BEFORE_FILES.includes(name))
          throw badField(name, 'before the first file, which it changes the reading of');
        const value = await body.limit(MAX_VALUE_BYTES, `form field ${name}`).rest();
        this.#texts[name] = new TextDecoder().decode(value);
      } else if (filename !== '' || (await body.peek(1)).length > 0) {
        if (this.names.length === this.#files) throw tooManyFiles(this.#files);
        this.names.push(filename);
        return body.limit(this.#bytes, excerpt(filename));
      }
    }
  }
}
