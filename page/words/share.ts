/** A part of a whole in per cent, rounded down: only all of it is 100 %. */
export function share(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${Math.floor((100 * part) / whole)} %`;
}
