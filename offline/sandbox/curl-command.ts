import type { LoggedRequest } from './request-log.ts';

/** Linux takes at most 128 KB in one argument of a command. */
const MAX_ARGUMENT_BYTES = 100 * 1024;
/** Sends an empty header. Without it, curl would call the body a form. */
const NO_CONTENT_TYPE = 'content-type;';

/**
 * Writes the curl command that sends a request again. It has a placeholder for the API key, and the
 * body unpacked.
 *
 * @param apiUrl the address of the API
 * @param request a request of which the content is known
 * @returns the command for a POSIX shell; undefined if the body was not kept
 */
export function toCurlCommand(
  apiUrl: string,
  { method, path, seq, content }: LoggedRequest,
): string | undefined {
  if (content?.body === undefined) return undefined;
  const { contentType, hasAuthorization, body } = content;
  const hasBody = method === 'POST' || body !== '';
  const isLong = Buffer.byteLength(body) > MAX_ARGUMENT_BYTES;
  const data = isLong ? `--data-binary @${bodyFileName(seq)}` : `--data-raw ${quote(body)}`;
  const type = contentType === undefined ? NO_CONTENT_TYPE : `content-type: ${contentType}`;
  const lines = [
    method === (hasBody ? 'POST' : 'GET') ? 'curl -i' : `curl -i -X ${quote(method)}`,
    ...(hasAuthorization ? ['-u YOUR_API_KEY:'] : []),
    ...(hasBody ? [`-H ${quote(type)}`] : []),
    quote(apiUrl + path),
    ...(hasBody ? [data] : []),
  ];
  return lines.join(' \\\n  ');
}

/** The name of the file to which the body of a request is downloaded. */
export function bodyFileName(seq: number): string {
  return `request-${seq}.json`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
