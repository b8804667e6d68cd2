// What keeps the accuracy command from measuring: one line for its user.

/** The message names the place, what was expected and what was found. */
export class AccuracyError extends Error {
  override name = 'AccuracyError';
}
