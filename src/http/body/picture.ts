// One picture in JSON: base64, the key of an object, or an address.
import * as v from 'valibot';
import type { Classifier, ImageSource } from '../../classify/classifier.ts';
import { badParameter } from '../../errors.ts';
import { keyUpload } from '../../photos/key.ts';
import { allowedHosts, urlUpload } from '../../photos/url.ts';
import type { Bindings } from '../bindings.ts';
import { decodeBase64 } from './base64.ts';

export const PictureBody = v.strictObject({
  image: v.optional(
    v.pipe(
      v.string('base64 or a data: URL'),
      v.description('The image file as base64 or as a data: URL. One of image, key, url.'),
    ),
  ),
  key: v.optional(v.pipe(v.string('text'), v.description('Key of an object in the bucket PHOTOS.'))),
  url: v.optional(v.pipe(v.string('text'), v.description('https address at a host of URL_HOSTS.'))),
});
export type PictureBody = v.InferOutput<typeof PictureBody>;

/**
 * @param where the member that holds the picture, with a dot; '' = the body
 * Throws ServiceError bad-parameter, empty-body; references are opened when they are read.
 */
export function pictureSource(
  env: Bindings,
  { limits, budget, log }: Classifier,
  picture: PictureBody,
  where = '',
): ImageSource {
  const options = { limit: limits.bytes, holder: budget.holder, traceParent: log.traceParent };
  const { image, key, url } = picture;
  const given = Object.entries(picture).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw badParameter(given[1]?.[0] ?? '', 'one of image, key, url', {
      got: String(given.length),
      subject: where === '' ? 'body' : where.slice(0, -1),
    });
  if (key !== undefined) return keyUpload(env.PHOTOS, key, { ...options, what: `${where}key` });
  if (url !== undefined)
    return urlUpload(url, allowedHosts(env.URL_HOSTS), { ...options, what: `${where}url` });
  if (image !== undefined) return decodeBase64(image, `${where}image`);
  throw badParameter(`${where}image`, 'a value', { got: 'nothing' });
}
