import { poll } from "../../shared/workflow/poll/poll.ts";
import { createWatch, type Watch } from "../../shared/workflow/poll/watch.ts";
import { reconcile } from "../../shared/workflow/operate/reconcile.ts";
import { tellState } from "../../shared/workflow/view/tell-state.ts";
import type { Epoch } from "./hosts.ts";
import { heldBySetting } from "./paused-setting.ts";
import { rulesOf } from "./library.ts";
import type { World } from "./world.ts";

/** After a storm nothing goes wrong any more, and what is left mostly waits until it expires. */
const CALM_POLLS_RARER = 2;

/** What each process knows of its own watching. */
const watches = new WeakMap<Epoch, Watch>();

/** The watch of one process: a drain begins it, and so does a timer. */
export function watchOf({ scenario }: World, epoch: Epoch): Watch {
  const watch =
    watches.get(epoch) ??
    createWatch(scenario.limits, scenario.watchMs, tellState, rulesOf(scenario));
  watches.set(epoch, watch);
  return watch;
}

/** The timer: a singleton that never overlaps itself, unless the scenario lets it. */
export function startPolling(world: World): void {
  const { scenario, clock, startMs, hosts, counts } = world;
  let running: Epoch | null = null;
  const tick = (): void => {
    const isCalm = scenario.healAtMs > 0 && clock.nowMs() - startMs >= scenario.healAtMs;
    clock.at(clock.nowMs() + scenario.pollEveryMs * (isCalm ? CALM_POLLS_RARER : 1), tick);
    const epoch = hosts.any();
    // A host that is dead or stands still has lost the timer's lock.
    const runs = running?.alive === true && running.frozenUntilMs <= clock.nowMs();
    if (epoch === null || (runs && !scenario.pollsOverlap)) return;
    // In one process the timer waits for itself; of two polls at once one is another's.
    const pollerId = `${epoch.hostId}${running === epoch ? " elsewhere" : ""}`;
    running = epoch;
    counts.polls += 1;
    void world
      .invoke(epoch, async (ports): Promise<unknown> => {
        await heldBySetting(world, epoch, ports);
        return scenario.watchMs > 0
          ? await watchOf(world, epoch)(ports)
          : await poll(ports, scenario.limits, pollerId, rulesOf(scenario));
      })
      .then(() => {
        if (running === epoch) running = null;
      });
  };
  tick();
}

/**
 * Far oftener than the timer in production: whatever it finds to mend is a bug of somebody else's.
 */
const RECONCILE_EVERY_MS = 240_000;

/** The other timer, which in a sound ledger has nothing to do. */
export function startReconciling(world: World): void {
  const { clock, hosts, court } = world;
  const tick = async (): Promise<void> => {
    const epoch = hosts.any();
    if (epoch === null) return;
    const done = await world.invoke(epoch, async (ports) => await reconcile(ports));
    if (done.kind === "threw") return;
    const { sessions, stranded, ...others } = done.value;
    const found = {
      ...others,
      ...(wasAside(world, "rate-token") ? {} : { sessions }),
      ...(wasAside(world, "sequence!") ? {} : { stranded }),
    };
    const mended = Object.values(found).some((count) => count > 0);
    if (mended) court.fail("rows", `reconciling had to mend ${JSON.stringify(found)}`);
  };
  const again = (): void => {
    clock.at(clock.nowMs() + RECONCILE_EVERY_MS, () => {
      again();
      void tick();
    });
  };
  again();
}

/**
 * True if a row of this kind could not be read at some time. What happened meanwhile was not
 * written into it, such as a cancel into the budget, or was passed by, such as who waits for a
 * machine that was freed: that is for reconciling to mend.
 */
function wasAside({ scenario, clock, startMs }: World, kind: string): boolean {
  const atMs = clock.nowMs() - startMs;
  return scenario.versions.odd.some((odd) => odd.kind === kind && odd.atMs <= atMs);
}
