import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import type { Visit } from './visits.ts';

/**
 * Creates the two senders of the demo: each is a real SDK.
 *
 * @param apiUrl the address of the API
 * @param apiKey the API key of the workspace
 * @param day ISO 8601 date of all visits
 * @param onError called with what an SDK reports
 */
export function createSenders(
  apiUrl: string,
  apiKey: string,
  day: string,
  onError: (error: unknown) => void,
) {
  const segment = new Analytics({ writeKey: apiKey, host: apiUrl });
  segment.on('error', onError);
  const rudderstack = new RudderAnalytics(apiKey, { dataPlaneUrl: apiUrl });

  return {
    identify({ hour, minute, email, path, sender }: Visit): void {
      const clock = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':');
      const event = {
        userId: email ?? 'somebody',
        traits: email === undefined ? {} : { email },
        timestamp: new Date(`${day}T${clock}:00Z`),
        context: { page: { url: `https://app.acme.example${path}` } },
      };
      if (sender === 'website') segment.identify(event);
      else rudderstack.identify(event);
    },

    /** Sends what is queued, and waits until it was answered. */
    async flush(): Promise<void> {
      await Promise.all([
        segment.flush(),
        new Promise<void>((resolve) => {
          void rudderstack.flush((error?: unknown) => {
            if (error !== undefined && error !== null) onError(error);
            resolve();
          });
        }),
      ]);
    },
  };
}
