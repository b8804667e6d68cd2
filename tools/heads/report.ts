// What a training says of itself on a terminal: accuracy with its interval, confusions, photos that look wrong.
import { wilson } from '../../src/heads/accuracy.ts';
import type { LeftOut, Trained } from '../../src/heads/train.ts';
import { table } from '../table.ts';

const SUSPICIOUS = 10;
const REJECT = 0.05;
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function shareLine(what: string, hits: number, of: number): string {
  const [low, high] = wilson(hits, of);
  return `${what}: ${percent(hits / of)} (${hits} of ${of}; 95 % interval ${percent(low)} to ${percent(high)})\n`;
}

/** Rows: the folder; columns: what it was taken for. */
export function confusion(
  labels: readonly string[],
  pairs: readonly { label: number; predicted: number }[],
): string {
  const short = (label: string) => label.slice(0, 12);
  const rows = labels.map((label, i) => [
    label.slice(0, 24),
    ...labels.map((_, j) => pairs.filter((pair) => pair.label === i && pair.predicted === j).length),
  ]);
  return table(['class \\ taken for', ...labels.map(short)], rows);
}

function suspicious(
  leftOut: readonly LeftOut[],
  labels: readonly string[],
  files: readonly string[],
): string {
  const wrong = leftOut
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => a.own - b.own)
    .slice(0, SUSPICIOUS);
  if (wrong.length === 0) return 'no photo contradicts its folder\n';
  const rows = wrong.map(({ example, label, predicted, own, probability }) => [
    files[example] ?? '',
    labels[label] ?? '',
    percent(own),
    labels[predicted] ?? '',
    percent(probability),
  ]);
  return `photos that contradict their folder the most:\n${table(['photo', 'folder', 'gets', 'taken for', 'gets'], rows)}`;
}

function strangersLine(strangers: readonly number[]): string {
  if (strangers.length === 0)
    return 'photos of other things: judged by energy alone; a folder none/ with some would teach a detector\n';
  const found = strangers.filter((p) => p < REJECT).length;
  return shareLine(`photos of none/ found at reject=${REJECT}, left out`, found, strangers.length);
}

/** @param files the photo of each example */
export function trainingReport({ head, leftOut, strangers }: Trained, files: readonly string[]): string {
  const { labels, layer, lambda, mirrored, correct, photos } = head.facts;
  const rejected = leftOut.filter(({ known }) => known < REJECT).length;
  return [
    `\nlayer ${layer}, lambda ${lambda}${mirrored ? ', mirrored photos too' : ''}, ${labels.length} classes, ` +
      `${Math.min(...photos)} to ${Math.max(...photos)} photos each\n`,
    shareLine('leave-one-out accuracy', correct, leftOut.length),
    `\n${labels.length <= 20 ? confusion(labels, leftOut) : ''}\n`,
    suspicious(leftOut, labels, files),
    '\n',
    shareLine(`photos of the classes called none of these at reject=${REJECT}`, rejected, leftOut.length),
    strangersLine(strangers),
  ].join('');
}
