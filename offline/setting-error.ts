/** A setting that whoever starts the stack has to change. The message names its variable. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}
