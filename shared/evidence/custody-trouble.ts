/**
 * What lrq has stored is not what it recorded: somebody else has changed or deleted it. Nobody gets
 * it, and a person has to look.
 */
export class CustodyTrouble extends Error {
  constructor(what: string) {
    super(what);
    this.name = "CustodyTrouble";
  }
}
