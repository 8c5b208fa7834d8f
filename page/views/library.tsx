import type { LibraryView } from "../../shared/workflow/view/describe-library.ts";
import { act } from "../live/ask.ts";
import { useLive } from "../live/use-live.ts";
import { Action } from "../parts/action.tsx";
import { Table } from "../parts/table.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { Ago } from "../words/instant.tsx";

/** The pinned scripts, and what the tenant's library has of them. */
export function Library() {
  const live = useLive<LibraryView>("library");
  const { body, again } = live;
  return (
    <>
      <h1>Library</h1>
      <Trouble of={live} />
      {body === null ? null : (
        <>
          <p class="line">
            <span>
              {LISTS[body.lists]} The last list is of <Ago at={body.listedAt} />.
            </span>
            {body.lists === "self" ? (
              <Action name="List it now" does={async () => await act("library/check")} done={again}>
                <p>This costs one call to Defender.</p>
              </Action>
            ) : null}
          </p>
          {body.trouble === null ? null : (
            <p class="notice bad">
              No list since <Ago at={body.trouble.since} />: {body.trouble.detail}
            </p>
          )}
          <Table caption="Pinned files" heads={["file", "is", "pinned", "listed"]}>
            {body.files.map((file) => (
              <tr key={file.name}>
                <th scope="row">{file.name}</th>
                <td>{wordFor(file)}</td>
                <td>
                  <code class="hash">{file.pinned}</code>
                </td>
                <td>
                  <code class="hash">{file.listed ?? "–"}</code>
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </>
  );
}

const LISTS: Readonly<Record<LibraryView["lists"], string>> = {
  self: "lrq lists the library itself.",
  others: "Somebody else brings the lists.",
  nobody: "Nobody checks the library; scripts run as they are there.",
};

function wordFor({ pinned, listed, since }: LibraryView["files"][number]) {
  if (since === null) return <span class="state off">not listed yet</span>;
  if (listed === pinned) return <span class="state well">as pinned</span>;
  return (
    <span class="state bad">
      {listed === null ? "not there" : "changed"}, <Ago at={since} />
    </span>
  );
}
