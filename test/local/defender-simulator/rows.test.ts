import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { sampleTenant } from "../../../local/defender-simulator/sample-tenant.ts";
import type { ParsedRows } from "../../../shared/evidence/rows/parsed-rows.ts";
import { readRows } from "../../../shared/evidence/rows/read-rows.ts";
import type { Profile } from "../../../shared/plan/profile/profile-schema.ts";
import { shippedCatalogue } from "../../plan/shipped.ts";
import { command, idOf, startBench, type Bench } from "./caller.ts";

const TENANT = sampleTenant({ machines: 40, seed: 3 });
const SWEEPS = [...shippedCatalogue().values()]
  .map(({ profile }) => profile)
  .filter(({ lane }) => lane === "sweep");

/** The tenant, with room for all machines at once. */
async function tenant(): Promise<Bench> {
  const limits = {
    callsPerMinute: 10_000,
    maxSessions: 1_000,
    readsPerMinute: 10_000,
    readsPerHour: 10_000,
  };
  return await startBench({ ...TENANT, seed: 3, limits });
}

/** What each machine that the profile is for lists, by its name. */
async function round(bench: Bench, profile: Profile): Promise<ReadonlyMap<string, ParsedRows>> {
  const commands = profile.commands.map((each) => {
    if (each.type === "PutFile") return command("PutFile", { FileName: each.fileName });
    if (each.type === "GetFile") return command("GetFile", { Path: each.path });
    return command("RunScript", { ScriptName: each.scriptName, Args: each.args ?? "" });
  });
  const machines = TENANT.machines.filter(({ osPlatform }) => {
    const platform = osPlatform.startsWith("Windows") ? "windows" : osPlatform.toLowerCase();
    return profile.platforms.some((each) => each === platform);
  });
  const actions = new Map<string, string>();
  for (const { id, computerDnsName } of machines) {
    const path = `/api/machines/${id}/runliveresponse`;
    const posted = await bench.call("POST", path, { Commands: commands, Comment: "a sweep" });
    actions.set(computerDnsName, idOf(posted));
  }
  bench.clock.advanceMs(1_800_000);
  const listed = new Map<string, ParsedRows>();
  for (const [name, id] of actions) listed.set(name, await rowsOf(bench, profile, id));
  return listed;
}

async function rowsOf(bench: Bench, profile: Profile, id: string): Promise<ParsedRows> {
  const index = profile.commands.findIndex((each) => each.type === "GetFile");
  const fetches = profile.commands[index];
  if (fetches?.type !== "GetFile" || fetches.rows === undefined) throw new Error("no rows");
  const path = `/api/machineactions/${id}/GetLiveResponseResultDownloadLink(index=${index})`;
  const link = String((await bench.call("GET", path)).at("value"));
  const bytes = gunzipSync(Buffer.from(await (await fetch(link)).arrayBuffer()));
  const content = async function* () {
    yield bytes;
  };
  const rows = await readRows("GetFile", content(), fetches.rows);
  expect(rows).toMatchObject({ wrongCount: 0, cut: null, trouble: null });
  return rows;
}

/** How many machines have a row that has this in these columns, for each such row. */
function stacked(listed: ReadonlyMap<string, ParsedRows>, columns: readonly number[]) {
  const counts = new Map<string, number>();
  for (const { rows } of listed.values()) {
    for (const key of new Set(rows.map((row) => columns.map((at) => row[at]).join(" | ")))) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function profileNamed(name: string): Profile {
  const found = SWEEPS.find((profile) => profile.name === name);
  if (found === undefined) throw new Error(`no profile ${name}`);
  return found;
}

describe("the sample tenant, asked for rows", () => {
  it.each(SWEEPS.map((profile) => [profile.name, profile] as const))(
    "answers %s with rows that differ between machines and rounds, as its profile reads them",
    async (_, profile) => {
      const bench = await tenant();
      const [first, second] = [await round(bench, profile), await round(bench, profile)];
      const texts = (of: typeof first) => [...of.values()].map(({ rows }) => JSON.stringify(rows));
      expect(texts(first).length).toBeGreaterThan(2);
      expect(new Set(texts(first)).size).toBeGreaterThan(1);
      expect(texts(second)).not.toEqual(texts(first));
      const again = await tenant();
      expect(texts(await round(again, profile))).toEqual(texts(first));
    },
  );

  it("has one autostart on one machine only, not signed and where every user may write", async () => {
    const profile = profileNamed("sweep-autostarts");
    const bench = await tenant();
    const at = (name: string) => {
      const command = profile.commands.find((each) => each.type === "GetFile");
      return command?.rows?.columns.findIndex((column) => column.name === name) ?? -1;
    };
    const columns = [at("signer"), at("signed"), at("path")];
    for (const listed of [await round(bench, profile), await round(bench, profile)]) {
      const alone = [...stacked(listed, columns)].filter(([, count]) => count === 1);
      expect(alone).toEqual([[" | false | C:\\Users\\Public\\Libraries\\shupdate.exe", 1]]);
    }
  });

  it("has no row of another kind on one machine only", async () => {
    for (const profile of SWEEPS.filter(({ name }) => name !== "sweep-autostarts")) {
      const listed = await round(await tenant(), profile);
      const { rows = [] } = [...listed.values()][0] ?? {};
      const every = (rows[0] ?? []).map((_, index) => index);
      const alone = [...stacked(listed, every)].filter(([, count]) => count === 1);
      expect(alone).toEqual([]);
    }
  });

  it("says in the output of the script how many rows are in its file", async () => {
    const bench = await tenant();
    const profile = profileNamed("sweep-local-administrators-unix");
    const listed = await round(bench, profile);
    const [action] = bench.simulator.actions();
    const path = `/api/machineactions/${action?.id}/GetLiveResponseResultDownloadLink(index=0)`;
    const link = String((await bench.call("GET", path)).at("value"));
    const text = await (await fetch(link)).text();
    const [first] = listed.values();
    expect(text).toContain(`\\"rows\\":${first?.rows.length},`);
    expect(text).toContain(
      '{\\"ok\\":true,\\"file\\":\\"/tmp/lrq-local-administrators.ndjson.gz\\"',
    );
  });
});
