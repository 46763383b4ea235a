/** What no client of AWS can do without: an HTTPS client. */
export { request } from 'node:https';

/** Does nothing. */
export async function handler(): Promise<void> {}
