// Clients that hang up: a request by hand over a connection that is reset, which fetch cannot do.
import net from 'node:net';

/** The head of a POST. @param more header lines, each with its line end */
export function postHead(path: string, bytes: number, more = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n${more}\r\n`;
}

/** Sends the pieces, then nothing for `waitMs`, then resets the connection. */
export function hangUp(url: URL, pieces: readonly (string | Uint8Array)[], waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(Number(url.port), url.hostname);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    for (const piece of pieces) socket.write(piece);
    setTimeout(() => socket.resetAndDestroy(), waitMs);
  });
}

/** POSTs `body` and resets the connection after `afterMs`. */
export function abortedPost(url: URL, body: Uint8Array, afterMs: number): Promise<void> {
  return hangUp(url, [postHead(url.pathname + url.search, body.byteLength), body], afterMs);
}
