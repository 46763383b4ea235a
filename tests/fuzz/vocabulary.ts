import { REJECTIONS } from '../../lib/event/rejection.ts';
import { UNAVAILABLE } from '../../lib/intake/response.ts';

/** The service's own words: its logs and answers may contain them, although senders use them too. */
export const VOCABULARY = [
  ...Object.values(UNAVAILABLE),
  // messages and metrics
  ...Object.entries(REJECTIONS).flatMap(([code, { message }]) => [
    code,
    `rejected_${code}`,
    ...message('FIELD', 'N').split('FIELD'),
  ]),
  ...['A field', 'traits.email', 'context.traits.email', 'page.url', 'context.page.url'],
  ...['originalTimestamp', 'authorization', 'X-Signature', 'content-type', 'content-encoding'],
  // the fields of a log line, of an embedded metric, and what they may hold
  ...['level', 'message', 'timestamp', 'cold_start'],
  ...['function_request_id', 'workspace', 'contact', 'day'],
  ...[
    'code',
    'status',
    'field',
    'reason',
    'index',
    'sdk',
    'rejections',
    'dryRun',
    'accepted',
    'duplicate',
    'ignored',
    'rejected',
    'batch',
  ],
  ...['_aws', 'Timestamp', 'CloudWatchMetrics', 'Namespace', 'Nat/prod', 'Dimensions'],
  ...['Metrics', 'Name', 'format_recommended', 'format_top_level', 'undefined'],
  ...['format_event_name', 'format_custom'],
];
