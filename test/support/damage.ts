// How long the tests of damaged files are: one variable for all of them.

/** Mutations of each file: DAMAGE in the environment, or a length that ends in seconds. `npm run test:all` sets 2000. */
export const MUTATIONS_PER_FILE = Number(process.env.DAMAGE ?? 200);

/** Truncations are tried at every so many bytes: at each of them in the long form. */
export const TRUNCATION_STEP = MUTATIONS_PER_FILE >= 2000 ? 1 : 7;
