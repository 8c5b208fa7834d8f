import { fieldsOf } from "./fields.ts";
import { invalid, type Invalid } from "./refusal.ts";

/** The end of `@odata.nextLink`, also of a member's, and of `odata.nextLink` in OData 3. */
const NEXT_LINK = "odata.nextlink";

/**
 * The refusal of a single page of a list: one of these objects has a link to the next page. Null if
 * none has. The machines on the other pages would be missing, and nobody would know.
 */
export function refusedPage(objects: readonly unknown[]): Invalid | null {
  const fields = objects.flatMap((each) => Object.entries(fieldsOf(each) ?? {}));
  const link = fields.find(([key, to]) => key.toLowerCase().endsWith(NEXT_LINK) && to !== null);
  const path = link?.[0];
  if (path === undefined) return null;
  const message =
    "This is one page of several. Fetch the pages that follow, and send all their members in one " +
    "body without this link.";
  return invalid([{ path, message }]);
}
