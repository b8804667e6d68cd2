// Ends with one line on a Node that cannot run this: older ones do not know TypeScript, and would say so in ten lines.
// Loaded before everything else, hence plain JavaScript for any version.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`error: expected Node 22.18 or newer, found ${process.versions.node}: https://nodejs.org`);
  process.exit(1);
}
