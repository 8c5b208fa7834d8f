/** Others kept writing what was to be changed, to the last try: asking again helps. */
export class Contended extends Error {}
