// Leave-one-out accuracy as photos come in, drawn as a line.
const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 240;
const HEIGHT = 60;

/** One for each training, in order. @type {{ photos: number, share: number }[]} */
let history = [];

/** @param {string} tag @param {Record<string, string | number>} attributes */
function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** Takes the next training in; where photos were taken away, what came later is forgotten. @param {Element | null} svg @param {number} correct @param {number} of */
export function drawGrowth(svg, correct, of) {
  history = [...history.filter(({ photos }) => photos < of), { photos: of, share: correct / of }];
  const first = history[0]?.photos ?? 0;
  const span = Math.max(1, of - first);
  const points = history.map(({ photos, share }) => [
    (WIDTH * (photos - first)) / span,
    HEIGHT - 2 - share * (HEIGHT - 4),
  ]);
  const [x = 0, y = 0] = points.at(-1) ?? [];
  svg?.replaceChildren(
    shape('path', { class: 'axis', d: `M0 1H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}` }),
    shape('polyline', { points: points.map((point) => point.join()).join(' ') }),
    shape('circle', { cx: x, cy: y, r: 3 }),
  );
  const said = history.map(({ photos, share }) => `${photos} photos ${Math.round(100 * share)} %`).slice(-8);
  // One training makes no line.
  svg?.closest('figure')?.toggleAttribute('hidden', history.length < 2);
  svg?.setAttribute('aria-label', `Accuracy so far: ${said.join(', ')}`);
}
