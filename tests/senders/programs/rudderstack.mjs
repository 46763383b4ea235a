import RudderAnalytics from '@rudderstack/rudder-sdk-node';

const { API_URL, API_KEY, EMAIL } = process.env;
// Without an error handler, a wrong key ends the process.
const errorHandler = (error) => console.error('not sent:', error.message);
const analytics = new RudderAnalytics(API_KEY, { dataPlaneUrl: API_URL, errorHandler });

const context = { page: { url: 'https://example.com/welcome' } };
analytics.identify({ userId: 'u1', traits: { email: EMAIL }, context });
analytics.track({ userId: 'u1', event: 'Signed up' });
await analytics.flush();
