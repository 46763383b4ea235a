/** The API key of the workspace `local`. */
export const LOCAL_API_KEY = 'local-api-key';
