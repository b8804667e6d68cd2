// Images inside JSON: base64 text as encoders write it (line breaks, missing padding, URL alphabet) or a data: URL.
// An address of any other scheme is refused here; src/photos fetches those that are allowed.
import { badParameter, ServiceError } from '../../errors.ts';

/** @param name of the member, for the message. Throws ServiceError bad-parameter. */
export function decodeBase64(text: string, name: string): Uint8Array {
  let start = 0;
  if (text.startsWith('data:')) {
    const comma = text.indexOf(',');
    if (comma < 0 || !text.slice(0, comma).toLowerCase().endsWith(';base64'))
      throw badParameter(name, 'a data: URL of the form data:image/...;base64,...');
    start = comma + 1;
  } else if (/^[a-z][a-z0-9+.-]*:/i.test(text.slice(0, 32)))
    throw badParameter(name, 'base64 or a data: URL; an address goes into the member url');
  const digits = start === 0 ? text : text.slice(start);
  const alphabet = /[-_]/.test(digits) ? 'base64url' : 'base64';
  try {
    const bytes = Uint8Array.fromBase64(digits, { alphabet });
    if (bytes.byteLength > 0) return bytes;
  } catch (cause) {
    throw badParameter(name, 'base64 or a data: URL', { cause });
  }
  throw new ServiceError('empty-body', `${name}: expected the bytes of an image, got none`);
}
