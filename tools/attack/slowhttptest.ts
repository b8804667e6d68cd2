// An outsider's opinion: slowhttptest (Debian package of that name) in its modes -H (slow head), -B (slow body) and -X
// (slow reader), where it is installed.
import { execFileSync, spawn } from 'node:child_process';
import type { Attack } from './script.ts';

const MODES: [string, string[]][] = [
  ['-H', ['-H', '-i', '5', '-t', 'POST', '-x', '24']],
  ['-B', ['-B', '-i', '5', '-s', '8192', '-x', '10', '-f', 'image/jpeg']],
  ['-X', ['-X', '-w', '10', '-y', '20', '-n', '5', '-z', '32', '-k', '3', '-t', 'POST']],
];

function installed(): boolean {
  try {
    execFileSync('slowhttptest', ['-h'], { stdio: 'ignore' });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
  return true;
}

/** None, with a message, where the program is not installed. */
export function slowHttpAttacks(): Attack[] {
  if (!installed()) {
    console.log('slowhttptest is not installed (Debian package slowhttptest): its modes are skipped');
    return [];
  }
  return MODES.map(([mode, args]) => ({
    name: `slowhttptest ${mode}`,
    connections: [400],
    scripts: [],
    outsider: (url: URL, connections: number) =>
      spawn(
        'slowhttptest',
        [
          ...args,
          '-c',
          String(connections),
          '-r',
          '200',
          '-l',
          '600',
          '-p',
          '3',
          '-v',
          '0',
          '-u',
          `${url}v1/classify`,
        ],
        { stdio: 'ignore' },
      ),
  }));
}
