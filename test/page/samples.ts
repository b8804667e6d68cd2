// Draws the page's six sample pictures (src/page/samples): vector drawings of six of the default model's classes,
// with light, texture and grain, so that they are nobody's photographs. Run after changing a drawing:
//   node test/page/samples.ts
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { randomNumbers } from '../../tools/fixtures/random.ts';

const WIDTH = 280;
const HEIGHT = 256;
const QUALITY = 62;
const TARGET = path.join(import.meta.dirname, '../../src/page/samples');

const GRASS = `<filter id="grass"><feTurbulence type="fractalNoise" baseFrequency=".06 .35" numOctaves="3" seed="4"/>
  <feColorMatrix values="0 0 0 0 .2  0 .7 0 0 .16  0 0 0 0 .1  0 0 0 0 1"/></filter>`;
const SKY = `<linearGradient id="sky" x2="0" y2="1"><stop stop-color="#4f86c6"/><stop offset="1" stop-color="#cfe0ee"/></linearGradient>`;

function golfBall(): string {
  const dimples: string[] = [];
  for (let row = -9; row <= 9; row++)
    for (let column = -9; column <= 9; column++) {
      const x = (column + (row % 2) / 2) * 13;
      const y = row * 11.5;
      const radius = Math.hypot(x, y) / 92;
      if (radius > 0.97) continue;
      const squeeze = Math.sqrt(1 - radius * radius);
      const angle = (Math.atan2(y, x) * 180) / Math.PI;
      dimples.push(
        `<g transform="translate(${140 + x} ${128 + y}) rotate(${angle}) scale(${Math.max(0.2, squeeze)} 1)">
          <circle r="4.8" fill="#8d939c" opacity=".55"/><circle r="4.4" cx="1" cy="1.2" fill="#fff" opacity=".6"/></g>`,
      );
    }
  return `<defs>${GRASS}<radialGradient id="ball" cx=".36" cy=".3" r=".8"><stop stop-color="#fff"/>
    <stop offset=".6" stop-color="#e4e6e8"/><stop offset="1" stop-color="#878d95"/></radialGradient></defs>
    <rect width="280" height="256" filter="url(#grass)"/><ellipse cx="160" cy="222" rx="95" ry="20" opacity=".45"/>
    <circle cx="140" cy="128" r="96" fill="url(#ball)"/>${dimples.join('')}`;
}

function parachute(): string {
  const colors = ['#d8262c', '#f4f1e8', '#2255a4', '#f4c11d', '#d8262c', '#f4f1e8', '#2255a4'];
  const gores = colors.map((color, i) => {
    const left = 55 + i * 24;
    const lift = (at: number) => 92 + 14 * Math.sin((Math.PI * at) / 7);
    return `<path fill="${color}" d="M140 22 Q${left - (3 - i) * -6} 34 ${left} ${lift(i)} Q${left + 12} ${lift(i) - 12} ${left + 24} ${lift(i + 1)} Q${left + 24 - (2.5 - i) * -6} 34 140 22"/>`;
  });
  const lines = Array.from({ length: 8 }, (_, i) => `<path d="M${55 + i * 24} 96 L140 200"/>`);
  return `<defs>${SKY}<linearGradient id="shade"><stop stop-opacity="0"/><stop offset="1" stop-opacity=".35"/></linearGradient></defs>
    <rect width="280" height="256" fill="url(#sky)"/>${gores.join('')}
    <path d="M140 22 Q60 30 55 92 Q140 120 223 92 Q220 30 140 22" fill="url(#shade)"/>
    <g stroke="#333" stroke-width=".8">${lines.join('')}</g>
    <circle cx="140" cy="198" r="6" fill="#8a5a3c"/><path d="M132 204h16l3 22h-22z" fill="#23282f"/><path d="M133 226l-4 20M147 226l5 19" stroke="#23282f" stroke-width="6"/>`;
}

function church(): string {
  const brick = (x: number, y: number, width: number, height: number, fill: string) =>
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>
     <rect x="${x}" y="${y}" width="${width}" height="${height}" fill="url(#bricks)" opacity=".35"/>`;
  const arch = (x: number, y: number) =>
    `<path d="M${x} ${y + 34}v-22a9 11 0 0 1 18 0v22z" fill="#2b2f3c" stroke="#e9e0cf" stroke-width="2"/>`;
  return `<defs>${SKY}${GRASS}<pattern id="bricks" width="12" height="8" patternUnits="userSpaceOnUse">
      <path d="M0 0h12M0 4h12M3 0v4M9 4v4" stroke="#403020" fill="none"/></pattern></defs>
    <rect width="280" height="256" fill="url(#sky)"/><rect y="215" width="280" height="41" filter="url(#grass)"/>
    ${brick(118, 130, 130, 92, '#b9a58a')}<path d="M108 132L183 82L258 132z" fill="#5b4a45"/>
    ${brick(62, 92, 58, 130, '#c7b497')}<path d="M56 94L91 8L126 94z" fill="#4c4f58"/>
    <path d="M91 8v-8M87 3h8" stroke="#222" stroke-width="2.5"/>
    <circle cx="91" cy="116" r="11" fill="#f2ecdf" stroke="#333" stroke-width="2"/><path d="M91 116v-8M91 116l5 3" stroke="#222" stroke-width="1.5"/>
    ${arch(82, 136)}${arch(138, 150)}${arch(174, 150)}${arch(210, 150)}
    <path d="M76 222v-34a15 17 0 0 1 30 0v34z" fill="#4a2f1d"/>`;
}

function gasPump(): string {
  const digits = (y: number, text: string) =>
    `<rect x="104" y="${y}" width="72" height="20" fill="#dfe6d2" stroke="#222"/><text x="110" y="${y + 16}" font-size="17" font-family="DejaVu Sans Mono, monospace">${text}</text>`;
  return `<defs>${SKY}<linearGradient id="metal"><stop stop-color="#8f1418"/><stop offset=".3" stop-color="#e0363b"/><stop offset="1" stop-color="#9b1a1e"/></linearGradient></defs>
    <rect width="280" height="256" fill="url(#sky)"/><rect y="200" width="280" height="56" fill="#8b8c8e"/><rect x="0" y="120" width="280" height="80" fill="#b9b4a8"/>
    <rect x="84" y="20" width="112" height="216" rx="8" fill="url(#metal)" stroke="#3a0d0e" stroke-width="2"/>
    <rect x="94" y="30" width="92" height="26" fill="#f5f2ea"/><text x="140" y="49" font-size="17" font-weight="bold" text-anchor="middle" font-family="DejaVu Sans, sans-serif" fill="#b11">FUEL</text>
    <rect x="96" y="64" width="88" height="72" fill="#f0eee8" stroke="#333"/>${digits(70, '27.40')}${digits(96, '16.02')}
    <rect x="104" y="122" width="72" height="8" fill="#555"/>
    <rect x="98" y="150" width="84" height="70" fill="#f3ede0"/><path d="M110 165h60M110 178h60M110 191h44" stroke="#777" stroke-width="3"/>
    <path d="M196 70h20v50q0 12 -8 20v66q14 34 28 0v-150q0 -20 -22 -22" fill="none" stroke="#16181b" stroke-width="6"/>
    <path d="M192 62h20l8 14h-10l-4 28h-10z" fill="#2c3036"/>
    <rect x="72" y="234" width="136" height="14" fill="#55585c"/>`;
}

function cassettePlayer(): string {
  const speaker = (x: number) =>
    `<circle cx="${x}" cy="154" r="46" fill="#1a1c1f" stroke="#9aa0a6" stroke-width="4"/><circle cx="${x}" cy="154" r="30" fill="#2b2e33"/><circle cx="${x}" cy="154" r="12" fill="#4b5057"/>`;
  const buttons = Array.from(
    { length: 6 },
    (_, i) => `<rect x="${108 + i * 11}" y="92" width="9" height="10" rx="1" fill="#e2e4e6" stroke="#333"/>`,
  );
  return `<defs><linearGradient id="case" x2="0" y2="1"><stop stop-color="#c9cdd2"/><stop offset="1" stop-color="#767c84"/></linearGradient></defs>
    <rect width="280" height="256" fill="#d9cbb3"/><rect y="212" width="280" height="44" fill="#7b5a3a"/>
    <path d="M50 58V36h180v22" fill="none" stroke="#3a3d42" stroke-width="10"/>
    <rect x="12" y="54" width="256" height="164" rx="10" fill="url(#case)" stroke="#33363b" stroke-width="3"/>
    <rect x="26" y="64" width="228" height="22" fill="#20242a"/><path d="M34 78h210" stroke="#d8dde2" stroke-dasharray="2 8" stroke-width="8"/><path d="M150 66v18" stroke="#e2332e" stroke-width="3"/>
    ${speaker(62)}${speaker(218)}${buttons.join('')}
    <rect x="110" y="112" width="60" height="46" fill="#15171a" stroke="#b9bec4" stroke-width="2"/>
    <rect x="115" y="117" width="50" height="34" rx="3" fill="#e5ddc8"/><rect x="120" y="127" width="40" height="14" rx="6" fill="#33302c"/>
    <circle cx="128" cy="134" r="5" fill="#f4f4f4"/><circle cx="152" cy="134" r="5" fill="#f4f4f4"/>
    <circle cx="122" cy="186" r="9" fill="#30343a"/><circle cx="140" cy="186" r="9" fill="#30343a"/><circle cx="158" cy="186" r="9" fill="#30343a"/>`;
}

function garbageTruck(): string {
  const wheel = (x: number) =>
    `<circle cx="${x}" cy="206" r="22" fill="#17181a"/><circle cx="${x}" cy="206" r="9" fill="#a7abb0"/>`;
  return `<defs>${SKY}<linearGradient id="green" x2="0" y2="1"><stop stop-color="#3f9a4d"/><stop offset="1" stop-color="#1f5e2c"/></linearGradient></defs>
    <rect width="280" height="256" fill="url(#sky)"/><rect y="130" width="280" height="70" fill="#9a8f80"/><rect y="200" width="280" height="56" fill="#5c5d60"/>
    <path d="M196 80h46l22 46v74h-68z" fill="#e8e6e0" stroke="#444"/><path d="M208 90h30l15 34h-45z" fill="#33434f"/><rect x="252" y="160" width="14" height="12" fill="#ffd76a"/>
    <path d="M22 72Q40 52 70 52H192V200H30Z" fill="url(#green)" stroke="#123a1a" stroke-width="2"/>
    <path d="M72 56v140M102 56v140M132 56v140M162 56v140" stroke="#164a20" stroke-width="5"/>
    <path d="M30 200L6 176L18 84L34 70z" fill="#2a6d37" stroke="#123a1a" stroke-width="2"/><path d="M8 176h30v14H12z" fill="#222"/>
    <circle cx="132" cy="118" r="22" fill="#f2f2ee"/><path d="M120 124l8-16 10 14 8-4M124 130h20" stroke="#1f6f2f" stroke-width="4" fill="none"/>
    <rect x="26" y="196" width="238" height="12" fill="#2a2c2f"/>${wheel(66)}${wheel(112)}${wheel(232)}`;
}

const DRAWINGS = {
  'golf-ball': golfBall,
  parachute,
  church,
  'gas-pump': gasPump,
  'cassette-player': cassettePlayer,
  'garbage-truck': garbageTruck,
};

/** Camera grain, so that nothing is perfectly flat. */
function grain(): Buffer {
  const next = randomNumbers(1912);
  return Buffer.from(Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, () => 128 + (next() - 0.5) * 16));
}

await mkdir(TARGET, { recursive: true });
for (const [name, draw] of Object.entries(DRAWINGS)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${draw()}</svg>`;
  const { size } = await sharp(Buffer.from(svg))
    .removeAlpha()
    .blur(0.6)
    .composite([{ input: grain(), raw: { width: WIDTH, height: HEIGHT, channels: 3 }, blend: 'soft-light' }])
    .jpeg({ quality: QUALITY, mozjpeg: true })
    .toFile(path.join(TARGET, `${name}.jpg`));
  console.log(`${name}.jpg: ${size} bytes`);
}
