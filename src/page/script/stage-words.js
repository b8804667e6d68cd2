// What a stage does, in plain sentences for somebody who knows nothing of neural networks.

/** @typedef {import('./inside.js').Stage} Stage */

const number = new Intl.NumberFormat('en');

/** @param {Stage} stage @param {number} at its place among those of its kind, from 0 */
export function sentence(stage, at) {
  const { type, name, kernel = 1, stride = 1, shape, size = 5 } = stage;
  const [, , channels] = shape;
  if (type === 'input')
    return `The middle of your photo, made ${shape[0]} pixels wide and high. This is all that the network gets to see.`;
  if (type === 'conv' && at === 0)
    return `${channels} small patterns, each ${kernel} × ${kernel} pixels, are slid over the photo in steps of ${stride}. Every picture below belongs to one pattern: it is bright where the photo looks like that pattern (an edge in some direction, a stripe, a patch of a colour) and black where it does not.`;
  if (type === 'conv')
    return `Again patterns are slid, but over the pictures of the stage before: “an edge here and a curve there”. ${channels} patterns of ${kernel} × ${kernel} dots, so each looks for a combination of what was found already. The further right, the less the pictures look like your photo and the more they answer “is this part there?”`;
  if (type === 'lrn')
    return `Neighbouring pictures compete: where several of ${size} answer at the same place, all are turned down, so that the strongest stands out. (Later networks left this out.)`;
  if (type === 'maxpool')
    return `Shrinking: of each ${kernel} × ${kernel} dots only the brightest is kept, every ${stride} dots. The pictures become smaller; what was found counts more than exactly where.`;
  if (type === 'dense' && name === 'fc8')
    return `One score for each of the ${number.format(channels)} classes: a weighted sum of all numbers before. The highest one wins.`;
  if (type === 'dense')
    return `${number.format(channels)} numbers, each a weighted sum of all numbers before: here the network forgets where things are and describes what is in the photo. Black: this one stays silent.`;
  if (type === 'softmax')
    return 'The scores are turned into shares of 100 %: e to the power of each score, divided by the sum of them all.';
  return '';
}

/** @param {Stage} stage @returns {[string, string][]} */
export function facts(stage) {
  const { shape, zeros, macs = 0, parameters = 0, groups = 1, time_ms = 0 } = stage;
  /** @type {[string, string][]} */
  const rows = [
    ['Shape', `${shape[0]} × ${shape[1]} × ${shape[2]}`],
    ['Zeros', `${(zeros * 100).toFixed(1)} %`],
  ];
  if (macs > 0) rows.push(['Multiplications', number.format(macs)]);
  if (parameters > 0) rows.push(['Weights', number.format(parameters)]);
  if (groups > 1) rows.push(['Towers', `${groups}, which do not see each other`]);
  // In production the clock stands still while code computes.
  if (time_ms >= 1) rows.push(['Time', `${time_ms} ms`]);
  return rows;
}
