/** The API key of the workspace `local`. */
export const LOCAL_API_KEY = 'local-api-key';

/** AWS clients require a region and credentials. The local stack ignores them. */
export const LOCAL_AWS = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};
