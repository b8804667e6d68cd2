// At the full size of 244 MB (61 M parameters, 1000 classes) through the command line, in under 650 MiB of memory: one
// form, or all of them with LONG=1. The time is printed and not asserted.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainedModel } from '../../tools/fixtures/trained-model.ts';
import { readPackedFile } from '../../weights/packed/file.ts';
import { FORMATS } from './formats.ts';

const CLI = path.join(import.meta.dirname, '../../tools/weights/index.ts');
/**
 * Prints the peak of the resident memory, KiB, when the process ends. From /proc where there is one, because
 * getrusage's maximum of a spawned process begins with its parent's on Linux.
 */
const REPORT = `data:text/javascript,import { existsSync, readFileSync } from 'node:fs';
process.on('exit', () => {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  console.error('peak', /VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
});`;
const CHOSEN = process.env.LONG === '1' ? FORMATS : FORMATS.slice(0, 1);

describe('at full size', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'full-size-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(CHOSEN)(
    '$label',
    async ({ label, variant, encode, options }) => {
      const file = path.join(folder, 'source');
      writeFileSync(file, encode(trainedModel(variant, 1, true)));
      const out = path.join(folder, 'packed');
      const more = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
      const started = performance.now();
      const child = spawn(process.execPath, ['--import', REPORT, CLI, 'import', file, '--out', out, ...more]);
      let stderr = '';
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      child.stdout.resume();
      expect(await new Promise((resolve) => child.once('close', resolve)), stderr).toBe(0);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const peak = Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024;
      const packed = await readPackedFile(out);
      console.log(
        `${statSync(file).size} -> ${packed.bytes} bytes, ${seconds} s, peak ${peak.toFixed(0)} MiB`,
      );
      // The file, one copy of fc6's weights and its packed form; a Paddle file of protocol 2 has 362 MB itself: 674 MiB.
      expect(peak).toBeLessThan(label === 'Paddle, protocol 2' ? 720 : 650);
      expect(packed.bytes).toBeLessThan(63e6);
      expect(packed.info.labels[281]?.words).toBe('tabby, tabby cat');
    },
    300_000,
  );
});
