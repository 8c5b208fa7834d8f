/** Looks up an app setting by name; undefined when there is none. */
export type SettingLookup = (name: string) => string | undefined;

/**
 * Replaces every `%NAME%` by the setting of that name, as the host does in schedules and queue
 * names. Throws when a setting is missing or empty: the function could not be started on Azure
 * either.
 */
export function resolveSettings(text: string, lookup: SettingLookup): string {
  return text.replaceAll(/%([^%]+)%/g, (_, name: string) => {
    const value = lookup(name);
    if (value === undefined || value === "") {
      throw new Error(`"${text}" needs the setting ${name}, which is not set`);
    }
    return value;
  });
}
