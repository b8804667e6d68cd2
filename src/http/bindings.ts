// Everything that wrangler.toml can bind and set; all of it optional but the model. docs/API.md lists the variables.
import type { LimitVariables } from '../image/limits.ts';
import type { JobBindings } from '../jobs/bindings.ts';
import type { ModelBindings } from '../model/bindings.ts';
import type { TrainerBindings } from '../training/head-trainer.ts';

export type Bindings = ModelBindings &
  TrainerBindings &
  LimitVariables &
  JobBindings & {
    /** Secret: bearer tokens, comma separated. None: no token is asked for. */
    API_TOKENS?: string;
    /** Secret: bearer tokens that may write, too, comma separated. None: nobody may. `*`: whoever asks at localhost. */
    WRITE_TOKENS?: string;
    /** Origins that may read from a page, comma separated; `*` (the default) = all. */
    CORS_ORIGINS?: string;
    RATE_LIMITER?: RateLimit;
    /** The binding's own `limit` and `period`, which it does not expose: reported in RateLimit-Policy. */
    RATE_LIMIT?: string;
    RATE_PERIOD?: string;
    /** Seconds that results stay in the cache; none or 0 = no cache. */
    RESULT_CACHE_SECONDS?: string;
    /** Files of one multipart request. */
    MAX_FILES?: string;
    /** Examples of one head that is taught over HTTP, its classes, and the work of one training, ms. */
    MAX_HEAD_PHOTOS?: string;
    MAX_HEAD_CLASSES?: string;
    MAX_TRAIN_MS?: string;
    /** Bytes of one JSON body. */
    MAX_JSON_BYTES?: string;
    /** Work of one request, ms of one core as estimated from sizes. */
    MAX_WORK_MS?: string;
    /** Bytes of one answer. */
    MAX_ANSWER_BYTES?: string;
    /** How long a client may keep a request waiting, beyond what its bytes take at MIN_BYTES_PER_SECOND. */
    MAX_STALL_MS?: string;
    /** The slowest pace of uploads, and of reading large answers. */
    MIN_BYTES_PER_SECOND?: string;
    /** Hosts (with a port where it is not 443) that requests may name in addresses, comma separated; none = none. */
    URL_HOSTS?: string;
    ANALYTICS?: AnalyticsEngineDataset;
    IMAGES?: ImagesBinding;
    /** The page's files. */
    ASSETS?: Fetcher;
  };
