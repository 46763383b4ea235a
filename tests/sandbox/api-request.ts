import type { ApiRequest } from '../../offline/sandbox/request-log.ts';

/** A request to the API as the stack hands it to the page: one accepted event, with a test's changes. */
export function apiRequest(changes: Partial<ApiRequest> = {}): ApiRequest {
  return {
    at: '2026-05-31T17:55:47.263Z',
    method: 'POST',
    path: '/v1/identify',
    userAgent: 'analytics-python/2.3.3',
    status: 200,
    latencyMs: 12,
    contentType: 'application/json',
    hasAuthorization: true,
    body: '{"type":"identify","traits":{"email":"peter@example.com"}}',
    answer: '{"status":"accepted"}',
    workspace: 'local',
    interactions: [
      {
        id: 'local#key-of-peter#2026-05-31',
        email: 'peter@example.com',
        day: '2026-05-31',
        timeZone: 'UTC',
        description: 'https://example.com',
      },
    ],
    ...changes,
  };
}
