/** A setting that the user has to change before the stack can start. The message names its variable. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}
