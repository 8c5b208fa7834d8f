/** C1 controls, direction marks, line separators: JSON may hold them, and terminals obey some. */
const STEERING = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The value as JSON on one line, with an escape for whatever could steer a terminal. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(STEERING, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
