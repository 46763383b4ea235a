/**
 * When a single call is answered at the latest, ms after it arrived: Segment's classic webhooks wait
 * 5 s, and a cold start takes some of them.
 */
export const SINGLE_LIMIT_MS = 4000;

/** The same for a batch: Segment's "Webhooks (Actions)" wait 10 s. */
export const BATCH_LIMIT_MS = 9000;
