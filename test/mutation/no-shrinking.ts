import * as fc from "fast-check";

// A mutant is killed by the first example that fails; nobody wants to see the smallest.
fc.configureGlobal({ endOnFailure: true });
