import { z } from "zod";
import type {
  Action,
  Actions,
  Condition,
  ConnectorAction,
  Definition,
  HttpAction,
} from "./definition.ts";
import { evaluate, type Scope } from "./expression.ts";

export interface Sent {
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly identity: string;
  readonly audience: string;
}
export interface Asked {
  readonly connection: string;
  readonly method: "get" | "post";
  readonly path: string;
  readonly body: unknown;
}
/** What an action hands to those after it. */
export interface Outputs {
  readonly statusCode: number;
  readonly body: unknown;
}

/** What is outside of a Logic App. */
export interface Outside {
  /** The request of an HTTP action; null if no answer came. */
  http(request: Sent): Promise<Outputs | null>;
  /** The request of an action of a connector. */
  connector(request: Asked): Promise<Outputs>;
}

export interface Started {
  readonly triggerBody: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly runName: string;
}

type Status = "Succeeded" | "Failed" | "Skipped";
export interface Ended {
  readonly status: "Succeeded" | "Failed" | "Cancelled";
  /** How each action ended; those of a branch that was not taken are not there. */
  readonly actions: ReadonlyMap<string, Status>;
}

class Terminated {
  readonly status: "Failed" | "Cancelled";
  constructor(status: "Failed" | "Cancelled") {
    this.status = status;
  }
}

/** Runs the actions of a definition, without waiting between tries. */
export async function runLogicApp(
  { actions }: Definition,
  started: Started,
  outside: Outside,
): Promise<Ended> {
  const outputs = new Map<string, Outputs | null>();
  const known = new Set(namesIn(actions));
  const scope: Scope = {
    ...started,
    outputs: (action) => {
      if (!known.has(action)) throw new Error(`no action is called ${action}`);
      return outputs.get(action) ?? null;
    },
  };
  const run = new Run(scope, outside, outputs);
  try {
    return { status: await run.all(actions), actions: run.statuses };
  } catch (error) {
    if (error instanceof Terminated) return { status: error.status, actions: run.statuses };
    throw error;
  }
}

function namesIn(actions: Actions): string[] {
  const inner = Object.values(actions).flatMap((action) =>
    action.type === "If" ? [action.actions, action.else?.actions ?? {}].flatMap(namesIn) : [],
  );
  return Object.keys(actions).concat(inner);
}

class Run {
  readonly statuses = new Map<string, Status>();
  readonly #scope: Scope;
  readonly #outside: Outside;
  readonly #outputs: Map<string, Outputs | null>;

  constructor(scope: Scope, outside: Outside, outputs: Map<string, Outputs | null>) {
    this.#scope = scope;
    this.#outside = outside;
    this.#outputs = outputs;
  }

  /** Runs each action when those before it are over; fails if a last one failed. */
  async all(actions: Actions): Promise<"Succeeded" | "Failed"> {
    const waiting = new Map(Object.entries(actions));
    while (waiting.size > 0) {
      const next = [...waiting].find(([, { runAfter }]) =>
        Object.keys(runAfter).every((name) => this.statuses.has(name)),
      );
      if (next === undefined) throw new Error(`these wait in vain: ${[...waiting.keys()].join()}`);
      const [name, action] = next;
      waiting.delete(name);
      this.statuses.set(name, this.#mayRun(action) ? await this.#one(name, action) : "Skipped");
    }
    const before = new Set(Object.values(actions).flatMap(({ runAfter }) => Object.keys(runAfter)));
    const last = Object.keys(actions).filter((name) => !before.has(name));
    return last.some((name) => this.#ledToFailure(name, actions)) ? "Failed" : "Succeeded";
  }

  #mayRun({ runAfter }: Action): boolean {
    return Object.entries(runAfter).every(([name, wanted]) =>
      wanted.some((status) => status === this.statuses.get(name)),
    );
  }

  /** Whoever was skipped ended as those before it did. */
  #ledToFailure(name: string, actions: Actions): boolean {
    if (this.statuses.get(name) !== "Skipped") return this.statuses.get(name) === "Failed";
    const before = Object.keys(actions[name]?.runAfter ?? {});
    return before.some((each) => this.#ledToFailure(each, actions));
  }

  async #one(name: string, action: Action): Promise<Status> {
    switch (action.type) {
      case "Terminate":
        throw new Terminated(action.inputs.runStatus);
      case "If": {
        const holds = action.expression.and.every((condition) => this.#holds(condition));
        return await this.all(holds ? action.actions : (action.else?.actions ?? {}));
      }
      case "Http":
        return this.#keep(name, await this.#send(action));
      case "ApiConnection":
        return this.#keep(name, await this.#ask(action));
    }
  }

  #keep(name: string, outputs: Outputs | null): Status {
    this.#outputs.set(name, outputs);
    return outputs !== null && outputs.statusCode < 400 ? "Succeeded" : "Failed";
  }

  #holds(condition: Condition): boolean {
    if ("not" in condition) return !this.#holds(condition.not);
    const [one, other] = condition.equals.map((value) => evaluate(value, this.#scope));
    return one === other;
  }

  async #send({ inputs }: HttpAction): Promise<Outputs | null> {
    const { uri, headers, body, authentication, retryPolicy } = inputs;
    const { identity, audience } = textsSchema.parse(evaluate(authentication, this.#scope));
    const request: Sent = {
      uri: z.string().parse(evaluate(uri, this.#scope)),
      headers: textsSchema.parse(evaluate(headers, this.#scope)),
      body: evaluate(body, this.#scope),
      identity: identity ?? "",
      audience: audience ?? "",
    };
    let answered = await this.#outside.http(request);
    for (let again = 0; again < retryPolicy.count && isTriedAgain(answered); again += 1) {
      answered = await this.#outside.http(request);
    }
    return answered;
  }

  async #ask({ inputs }: ConnectorAction): Promise<Outputs> {
    return await this.#outside.connector({
      connection: z.string().parse(evaluate(inputs.host.connection.name, this.#scope)),
      method: inputs.method,
      path: z.string().parse(evaluate(inputs.path, this.#scope)),
      body: evaluate(inputs.body, this.#scope),
    });
  }
}

const textsSchema = z.record(z.string(), z.string());

/** 408, 429 and 5xx, and no answer: page "Handle errors and exceptions" of Logic Apps. */
function isTriedAgain(answered: Outputs | null): boolean {
  if (answered === null) return true;
  const { statusCode } = answered;
  return statusCode === 408 || statusCode === 429 || statusCode >= 500;
}
