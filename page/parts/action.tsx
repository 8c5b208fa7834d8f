import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { whyNot, type Answer } from "../live/ask.ts";
import { Refusal } from "./trouble.tsx";

/** Something a person does, after having seen what it touches. */
interface Asked {
  readonly name: string;
  /** What it will touch, shown before it is done. */
  readonly children: ComponentChildren;
  readonly does: () => Promise<Answer<unknown>>;
  /** Called after it is done. */
  readonly done: () => void;
  /** False while something that is needed is missing. */
  readonly ready?: boolean;
  readonly danger?: boolean;
  /** Called when it is opened, to ask for what it will touch. */
  readonly opened?: () => void;
}

/** A button that opens what it would do, and a second one that does it. */
export function Action({ name, children, does, done, ready = true, danger, opened }: Asked) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const look = danger === true ? "danger" : "";
  const toggle = (): void => {
    if (!open) opened?.();
    setTrouble(null);
    setOpen(!open);
  };
  const go = async (): Promise<void> => {
    setBusy(true);
    const answer = await does();
    setBusy(false);
    if (answer.kind !== "answered") {
      setTrouble(whyNot(answer));
      return;
    }
    setOpen(false);
    done();
  };
  return (
    <div class="action">
      <button type="button" class={look} aria-expanded={open} onClick={toggle}>
        {name} …
      </button>
      {open ? (
        <div class="sheet" role="group" aria-label={name}>
          {children}
          <Refusal why={trouble} />
          <button
            type="button"
            class={`strong ${look}`}
            disabled={busy || !ready}
            onClick={() => void go()}
          >
            {busy ? "working …" : name}
          </button>
          <button type="button" onClick={toggle}>
            Leave it
          </button>
        </div>
      ) : null}
    </div>
  );
}
