import { useEffect, useState } from "preact/hooks";
import { hrefs, useRoute, type Route } from "./route.ts";
import { credential } from "./sign-in/credential.ts";
import { SignIn } from "./sign-in/sign-in.tsx";
import { Activity } from "./views/activity.tsx";
import { Library } from "./views/library.tsx";
import { Machine } from "./views/machine.tsx";
import { Now } from "./views/now.tsx";
import { Run } from "./views/run.tsx";
import { Round } from "./views/round.tsx";
import { Runs } from "./views/runs.tsx";
import { Sweep } from "./views/sweep.tsx";
import { Sweeps } from "./views/sweeps.tsx";

const VIEWS = [
  ["Now", hrefs.now, ["now"]],
  ["Runs", hrefs.runs(), ["runs", "run"]],
  ["Machine", hrefs.machines, ["machine"]],
  ["Sweeps", hrefs.sweeps, ["sweeps", "sweep", "round"]],
  ["Activity", hrefs.activity, ["activity"]],
  ["Library", hrefs.library, ["library"]],
] as const satisfies readonly (readonly [string, string, readonly Route["view"][]])[];

/** The page: who is signed in, where one can go, and the view of the address. */
export function Shell() {
  const [isIn, setIn] = useState(credential.isThere());
  const route = useRoute();
  useEffect(() => credential.watch(() => setIn(credential.isThere())), []);
  if (!isIn) return <SignIn />;
  return (
    <>
      <a class="skip" href="#main" onClick={focusMain}>
        To the content
      </a>
      <header>
        <strong>lrq</strong>
        <nav aria-label="Views">
          {VIEWS.map(([name, href, views]) => (
            <a
              key={name}
              href={href}
              aria-current={views.some((view) => view === route.view) ? "page" : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
        <button type="button" onClick={() => credential.forget()}>
          Sign out
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <View route={route} />
      </main>
    </>
  );
}

/** The hash of the address names the view, so the link may not change it. */
function focusMain(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#main")?.focus();
}

function View({ route }: { readonly route: Route }) {
  switch (route.view) {
    case "now":
      return <Now />;
    case "runs":
      return <Runs query={route.query} />;
    case "run":
      return <Run key={route.runId} runId={route.runId} />;
    case "machine":
      return <Machine machine={route.machine} />;
    case "sweeps":
      return <Sweeps />;
    case "sweep":
      return <Sweep key={route.name} name={route.name} />;
    case "round":
      return <Round key={location.hash} name={route.name} number={route.number} />;
    case "activity":
      return <Activity />;
    case "library":
      return <Library />;
  }
}
