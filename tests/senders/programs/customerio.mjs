import { Analytics } from '@customerio/cdp-analytics-node';

const { API_URL, API_KEY, EMAIL } = process.env;
const analytics = new Analytics({ host: API_URL, writeKey: API_KEY });
analytics.on('error', ({ code, reason }) => console.error('not sent:', code, reason));

const context = { page: { url: 'https://example.com/welcome' } };
analytics.identify({ userId: 'u1', traits: { email: EMAIL }, context });
analytics.track({ userId: 'u1', event: 'Signed up' });
await analytics.closeAndFlush();
