import { useEffect, useState } from "preact/hooks";

/** The view that the address names, and what it is about. */
export type Route =
  | { readonly view: "now" | "activity" | "library" | "sweeps" }
  | { readonly view: "runs"; readonly query: URLSearchParams }
  | { readonly view: "run"; readonly runId: string }
  | { readonly view: "machine"; readonly machine: string | null }
  | { readonly view: "sweep"; readonly name: string }
  | { readonly view: "round"; readonly name: string; readonly number: number };

/** The addresses of the views; all of them are behind the hash, so no request has them. */
export const hrefs = {
  now: "#/",
  runs: (query: Readonly<Record<string, string>> = {}) => {
    const text = new URLSearchParams(query).toString();
    return text === "" ? "#/runs" : `#/runs?${text}`;
  },
  run: (runId: string) => `#/runs/${encodeURIComponent(runId)}`,
  machine: (machine: string) => `#/machines/${encodeURIComponent(machine)}`,
  machines: "#/machines",
  sweeps: "#/sweeps",
  sweep: (name: string) => `#/sweeps/${encodeURIComponent(name)}`,
  round: (name: string, number: number) => `#/sweeps/${encodeURIComponent(name)}/${number}`,
  activity: "#/activity",
  library: "#/library",
} as const;

/** The route of a hash; what names no view is the first one. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", about = "", part = ""] = path.split("/");
  const subject = decoded(about);
  if (view === "runs" && subject !== "") return { view: "run", runId: subject };
  if (view === "runs") return { view, query: new URLSearchParams(query) };
  if (view === "machines") return { view: "machine", machine: subject === "" ? null : subject };
  if (view === "sweeps") return routeOfSweeps(subject, part);
  if (view === "activity" || view === "library") return { view };
  return { view: "now" };
}

function routeOfSweeps(name: string, round: string): Route {
  if (name === "") return { view: "sweeps" };
  if (!/^[1-9]\d{0,5}$/.test(round)) return { view: "sweep", name };
  return { view: "round", name, number: Number(round) };
}

/** The present route; a view is drawn anew when it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return routeOf(hash);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
