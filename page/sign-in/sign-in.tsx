import { useEffect, useState } from "preact/hooks";
import type { SignInSettings } from "../../shared/access/page-sign-in.ts";
import { read, tryKey, whyNot } from "../live/ask.ts";
import { credential } from "./credential.ts";
import { beginSignIn, endSignIn } from "./entra.ts";
import { Refusal } from "../parts/trouble.tsx";

/** Asks who is there: with a key, which is tried before the page is shown, or at Entra. */
export function SignIn() {
  const [trouble, setTrouble] = useState<string | null>(null);
  const [entra, setEntra] = useState<SignInSettings | null>(null);
  useEffect(() => {
    void (async () => {
      const answer = await read<{ readonly entra: SignInSettings | null }>("page/sign-in");
      if (answer.kind !== "answered" || answer.body.entra === null) return;
      setEntra(answer.body.entra);
      const ended = await endSignIn(answer.body.entra);
      if (ended.kind === "signedIn") credential.takeTokens(ended.bearer);
      if (ended.kind === "refused") setTrouble(`Entra did not sign you in: ${ended.why}`);
    })();
  }, []);
  return (
    <main class="sign-in">
      <h1>lrq</h1>
      <p>The live response queue for Microsoft Defender for Endpoint.</p>
      {entra === null ? null : (
        <button type="button" class="strong" onClick={() => void beginSignIn(entra)}>
          Sign in with Entra
        </button>
      )}
      <KeyForm refused={setTrouble} />
      <Refusal why={trouble} />
      <p class="none">The key stays in this tab, and is gone when you close it.</p>
    </main>
  );
}

function KeyForm({ refused }: { readonly refused: (why: string) => void }) {
  const [key, setKey] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const answer = await tryKey(key.trim());
    if (answer.kind === "answered") credential.takeKey(key.trim());
    else refused(whyNot(answer));
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        Your key
        <input
          type="password"
          autocomplete="off"
          required
          value={key}
          onInput={({ currentTarget }) => setKey(currentTarget.value)}
        />
      </label>
      <button type="submit" class="strong">
        Sign in
      </button>
    </form>
  );
}
