// What the global setup hands to the tests inside workerd, as base64.
import 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A packed model file. */
    tinyModel: string;
    /** 120x90 JPEG with EXIF orientation 6. */
    jpeg: string;
    /** 96x128 PNG. */
    png: string;
  }
}
