// Whether a disk has room, asked before something large is written: the simulated bucket neither ends nor answers on a
// full disk.
import { mkdir, statfs } from 'node:fs/promises';
import { OperatorError } from '../weights/operator-error.ts';

/** Throws OperatorError when the folder's disk has less than `bytes` free. */
export async function requireFreeSpace(folder: string, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < bytes)
    throw new OperatorError(
      `${folder}: expected ${Math.ceil(bytes / 1e6)} MB of free disk, found ${Math.floor(free / 1e6)}: free some and start again`,
    );
}
