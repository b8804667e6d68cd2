// `npm run bench [-- --json FILE] [--quick]`: ours against what else could be used, on the same weights, one thread, in
// one interleaved run; every contender's answers are verified before anything is timed. Peers are packages of
// tools/bench/package.json; without them only ours is timed. It judges by the bars of the machine's kind of processor;
// `--without-avx-vnni` runs it all as on one that lacks the dot product in one instruction.
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { build } from '../../assembly/build.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { barsOf } from './bars.ts';
import { BenchError } from './contender.ts';
import { runWithout } from './machine/without.ts';
import { reportText } from './report.ts';
import { measure, type Options } from './run.ts';

const AVX_VNNI = '--no-enable-avx-vnni';

function count(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a number from 0 to 999');
}

const program = new Command('bench')
  .description('Times the forward pass against other engines on the same weights, one thread, interleaved')
  .option('--json <file>', 'write all figures')
  .option('--quick', 'few repetitions; leaves out workerd, HTTP and decoding', false)
  .option('--passes', 'forward passes alone: leaves out HTTP and decoding', false)
  .option('--no-peers', 'only ours')
  .option('--neighbours <n>', 'threads that read memory on the other cores meanwhile', count, 0)
  .option('--without-avx-vnni', 'as on a processor without it', false)
  .action(async (options: Options & { json?: string; withoutAvxVnni: boolean }) => {
    if (options.withoutAvxVnni && !process.execArgv.includes(AVX_VNNI)) {
      process.exitCode = await runWithout(AVX_VNNI);
      return;
    }
    await build(process.env.KERNELS ?? 'relaxed', false);
    const report = await measure(options);
    process.stdout.write(reportText(report));
    if (options.json)
      await writeFile(options.json, `${JSON.stringify({ ...report, bars: barsOf(report) }, null, 2)}\n`);
  });

try {
  await program.parseAsync();
  // onnxruntime and TensorFlow.js keep the process alive.
  process.exit();
} catch (error) {
  if (!(error instanceof BenchError) && !(error instanceof OperatorError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(1);
}
