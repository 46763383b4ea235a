/**
 * The service's own words, which its logs and answers may hold although senders use them, too: the
 * one place to change when its messages or log fields do.
 */
export const VOCABULARY = [
  // fields it reads, headers, and what they may hold
  ...['type', 'timestamp', 'originalTimestamp', 'email', 'event', 'url', 'traits.email', 'batch'],
  ...['context.traits.email', 'context.page.url', 'page.url', 'identify', 'track', 'page'],
  ...[
    'authorization',
    'Basic',
    'Bearer',
    'content-type',
    'content-encoding',
    'application/json',
    'gzip',
    'identity',
  ],
  ...['string', 'number', 'boolean', 'object', 'array', 'nothing', 'null'],
  // what its messages show as an example
  ...['2020-05-31T17:55:47.263Z', 'name@example.com', '__proto__', 'constructor', 'prototype'],
  // log and metric fields
  ...['timestamp', 'Timestamp', 'message', 'service', 'undefined', 'contact', 'duplicate'],
];
