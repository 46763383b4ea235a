import * as v from 'valibot';

const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/**
 * A point in time as this service and Lambda write it: ISO 8601 in UTC, such as
 * `2020-05-31T17:55:47.263Z`. DynamoDB compares these as texts, so no other form will do.
 */
export const isoInstant = v.pipe(
  v.string(),
  v.regex(ISO_INSTANT),
  v.check((text) => !Number.isNaN(Date.parse(text))),
);
