// Which Node runs this: older ones do not know TypeScript, and would say so in ten lines. Plain JavaScript for any version.

export function isTooOld() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major < 22 || (major === 22 && minor < 18);
}

/** Ends the process with one line. */
export function requireNode() {
  if (!isTooOld()) return;
  console.error(`error: expected Node 22.18 or newer, found ${process.versions.node}: https://nodejs.org`);
  process.exit(1);
}
