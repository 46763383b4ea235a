import * as v from 'valibot';

/** A point in time as this service writes it: ISO 8601 in UTC, such as `2020-05-31T17:55:47.263Z`. */
export const isoInstant = v.pipe(v.string(), v.isoTimestamp());
