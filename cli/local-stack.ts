/** The API key of the workspace `local`. */
export const LOCAL_API_KEY = 'local-api-key';

/** What AWS clients need to be given here, though nothing looks at it. */
export const LOCAL_AWS = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};
