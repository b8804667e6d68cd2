// A photo at an address, for the hosts of URL_HOSTS alone; without the list nothing is fetched. What a client names must
// not reach what the client could not reach itself (server-side request forgery, OWASP): https only, a name of the list
// with its port, never an address literal, no credentials; each redirect is held to the same rules. To which address a
// name resolves the Worker cannot see; only the network under it can refuse private ones, so list no name whose owner
// you do not trust.
import { badParameter } from '../errors.ts';
import type { Upload } from '../isolate/upload.ts';
import { type RemoteOptions, remoteUpload } from './remote-source.ts';

const MAX_URL = 2048;
const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/** The entries of URL_HOSTS, comma separated: `images.example`, or `images.example:8443`. */
export function allowedHosts(list = ''): string[] {
  return list
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
}

/** The address, when it may be fetched. Throws ServiceError bad-parameter. */
export function checkUrl(text: string, hosts: readonly string[], what: string, base?: URL): URL {
  if (hosts.length === 0)
    throw badParameter(what, 'no address: none is fetched here; allow hosts by the variable URL_HOSTS');
  const url = text.length <= MAX_URL ? URL.parse(text, base) : null;
  if (!url) throw badParameter(what, `an absolute address of at most ${MAX_URL} characters`, { got: text });
  if (url.protocol !== 'https:') throw badParameter(what, 'https:', { got: url.protocol });
  if (url.username !== '' || url.password !== '')
    throw badParameter(what, 'no user name or password in the address');
  // The parser has made all forms of IPv4 (decimal, octal, hexadecimal, short) one.
  if (url.hostname.startsWith('[') || /^[\d.]+$/.test(url.hostname))
    throw badParameter(what, 'a host by its name', { got: url.hostname });
  if (!hosts.includes(url.host))
    throw badParameter(what, 'a host that the variable URL_HOSTS allows, with its port', { got: url.host });
  url.hash = '';
  return url;
}

/**
 * The bytes at the address.
 * Throws ServiceError bad-parameter; the upload's reads throw it for a redirect off the list and for an answer that is
 * not 200, and what remoteUpload says.
 */
export function urlUpload(text: string, hosts: readonly string[], options: RemoteOptions): Upload {
  const { what, traceParent = '' } = options;
  const headers = { accept: 'image/*', ...(traceParent === '' ? {} : { traceparent: traceParent }) };
  let url = checkUrl(text, hosts, what);
  return remoteUpload(async (signal) => {
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(url, { redirect: 'manual', signal, headers });
      if (response.status === 200 && response.body) {
        const length = response.headers.get('content-length');
        return { stream: response.body, bytes: length === null ? undefined : Number(length) };
      }
      await response.body?.cancel();
      const location = response.headers.get('location');
      if (!REDIRECTS.includes(response.status) || location === null)
        throw badParameter(what, `200 from ${url.host}`, { got: String(response.status) });
      if (redirects === MAX_REDIRECTS) throw badParameter(what, `at most ${MAX_REDIRECTS} redirects`);
      url = checkUrl(location, hosts, `${what}: redirect`, url);
    }
  }, options);
}
