// How the colours of photos vary: the principal components of R, G and B in units of 0..1, along which `relight` shifts
// them (Krizhevsky et al. 2012, section 4.1). A model file may bring its own (`import --colors`).
import * as v from 'valibot';

export interface Colors {
  /** Eigenvalues of the covariance, largest first. */
  values: [number, number, number];
  /** Eigenvectors as columns: one row each for R, G and B. */
  vectors: [[number, number, number], [number, number, number], [number, number, number]];
}

const three = v.tuple([
  v.pipe(v.number(), v.finite()),
  v.pipe(v.number(), v.finite()),
  v.pipe(v.number(), v.finite()),
]);

/** The field `colors` of a packed model's metadata. */
export const ColorsField = v.object({ values: three, vectors: v.tuple([three, three, three]) });

/** Of 400 photos of ten ImageNet classes, centre crops of 227: `npm run weights -- colors ../shared/photos/ten-classes`. */
export const PHOTO_COLORS: Colors = {
  values: [0.207261, 0.018524, 0.003792],
  vectors: [
    [0.563501, 0.721992, 0.401488],
    [0.574148, 0.007165, -0.81872],
    [0.593986, -0.691864, 0.410493],
  ],
};

/** Of ImageNet's training photos, as torch's training code of 2015 (fb.resnet.torch) published them. */
export const IMAGENET_COLORS: Colors = {
  values: [0.2175, 0.0188, 0.0045],
  vectors: [
    [-0.5675, 0.7192, 0.4009],
    [-0.5808, -0.0045, -0.814],
    [-0.5836, -0.6948, 0.4203],
  ],
};
