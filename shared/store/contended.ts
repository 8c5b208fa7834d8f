/** Others kept writing the same rows until the last try. The caller may ask again. */
export class Contended extends Error {}
