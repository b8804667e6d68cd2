// Checksums as files and messages write them. `Uint8Array.toHex` is not in every runtime that opens a model.

/** Hexadecimal digits of a digest, lower case. */
export function hexOf(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 (FIPS 180-4) in hexadecimal. */
export async function sha256Hex(bytes: BufferSource): Promise<string> {
  return hexOf(await crypto.subtle.digest('SHA-256', bytes));
}
