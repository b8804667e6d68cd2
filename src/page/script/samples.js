// The sample pictures: drawn by the project, so that they are nobody's.
import { byId, element } from './element.js';

const SAMPLES = ['golf ball', 'parachute', 'church', 'gas pump', 'cassette player', 'garbage truck'];

/** @param {(files: File[]) => void} choose */
export function showSamples(choose) {
  for (const name of SAMPLES) {
    const file = `${name.replace(' ', '-')}.jpg`;
    const address = `/samples/${file}`;
    const image = element('img', { src: address, alt: name, width: '280', height: '256', loading: 'lazy' });
    const button = element('button', { type: 'button' }, image);
    button.addEventListener('click', async () => {
      // Without a connection nothing is sent, and that says in words what is wrong.
      const picture = await fetch(address).then(
        (response) => response.blob(),
        () => new Blob(),
      );
      choose([new File([picture], file, { type: 'image/jpeg' })]);
    });
    byId('samples', HTMLUListElement).append(element('li', {}, button));
  }
}
