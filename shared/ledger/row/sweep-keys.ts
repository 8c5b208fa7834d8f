import { family, type KeyRange } from "./key-range.ts";
import { padded } from "./padded.ts";

/*
 * The row keys of sweeps; all of them are built and read here. They are outside `OUTSTANDING`: the
 * poll does not read them.
 */

/** A round an hour for a century. */
const ROUND_DIGITS = 6;
/** Ten rows have all that Defender gives. */
const PART_DIGITS = 3;

/** Sweeps, by their names. */
export const SWEEP = family("sweep");

/** The machines that wait to be sent something in a round, in the order of their ids. */
export function targetsOf(name: string, round: number): KeyRange {
  return family(`target!${name}!${padded(round, ROUND_DIGITS)}`);
}

/** The machines that wait until they report. */
export function heldOf(name: string, round: number): KeyRange {
  return family(`held!${name}!${padded(round, ROUND_DIGITS)}`);
}

/** What the query of a round has named, of every time that it was asked. */
export function huntedOf(name: string, round: number): KeyRange {
  return family(`hunted!${name}!${padded(round, ROUND_DIGITS)}`);
}

/** What became of each machine that the sweep has ever asked for. */
export function sweptOf(name: string): KeyRange {
  return family(`swept!${name}`);
}

export const sweepKey = (name: string): string => `sweep!${name}`;
export const roundKey = (name: string, round: number): string =>
  `round!${name}!${padded(round, ROUND_DIGITS)}`;
export const targetKey = (name: string, round: number, machineId: string): string =>
  `target!${name}!${padded(round, ROUND_DIGITS)}!${machineId}`;
export const heldKey = (name: string, round: number, machineId: string): string =>
  `held!${name}!${padded(round, ROUND_DIGITS)}!${machineId}`;
export const huntedKey = (name: string, round: number, hunt: string, part: number): string =>
  `${huntedOf(name, round).from}${hunt}!${padded(part, PART_DIGITS)}`;
export const sweptKey = (name: string, machineId: string): string => `swept!${name}!${machineId}`;

/** The machine in the key of a target, one that is held, or what became of one. */
export function machineIdOfTarget(key: string): string {
  return key.slice(key.lastIndexOf("!") + 1);
}
