import { LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { describeError } from '../lib/runtime/describe-error.ts';

/**
 * Writes short lines. The log group already names the function and the stage, so a line has of the
 * context only what differs between requests.
 */
export class ShortLogFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, more: LogAttributes): LogItem {
    const { logLevel, message, timestamp, lambdaContext, xRayTraceId } = attributes;
    return new LogItem({
      attributes: {
        level: logLevel,
        message,
        timestamp: this.formatTimestamp(timestamp),
        function_request_id: lambdaContext?.awsRequestId,
        cold_start: lambdaContext?.coldStart === true ? true : undefined,
        xray_trace_id: xRayTraceId,
      },
    }).addAttributes(more);
  }

  /** Formats every error in a line: its message may hold an address. */
  override formatError(error: Error): LogAttributes {
    return { ...describeError(error) };
  }
}
