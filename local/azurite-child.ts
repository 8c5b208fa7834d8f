/** What the Azurite process is told. */
export interface AzuriteChildOptions {
  /** Azurite's own entry file. */
  readonly main: string;
  readonly flags: readonly string[];
  /** Answer a write only when it is on disk. */
  readonly durable: boolean;
}

/** A Loki database, as far as the child looks at it. */
interface Database {
  autosaveDirty(): boolean;
  readonly throttledSavePending?: boolean;
  saveDatabase(done: (error?: unknown) => void): void;
}

/**
 * The program of the Azurite process as text for `node -e`, so that no build has to put a file
 * anywhere. It ends, saving, when its standard input closes, which happens whatever becomes of the
 * parent. The functions below are handed over as text too: each may use its parameters and Node's
 * globals, and nothing else of this file.
 */
export function azuriteProgram(options: AzuriteChildOptions): string {
  const parts = Object.entries(PARTS).map(([name, part]) => `${name}:${String(part)}`);
  return `(${String(run)})(require, ${JSON.stringify(options)}, {${parts.join(",")}});`;
}

const PARTS = { endWithParent, collectDatabases, saveDatabases, holdAnswers };

function run(load: NodeJS.Require, options: AzuriteChildOptions, parts: typeof PARTS): void {
  process.argv = [process.execPath, options.main, ...options.flags];
  parts.endWithParent();
  if (options.durable) {
    const databases = parts.collectDatabases(load, options.main);
    parts.holdAnswers(load, () => parts.saveDatabases(databases));
  }
  load(options.main);
}

function endWithParent(): void {
  // With the parent the other ends are gone too; words that nobody reads must not end the process
  // unsaved.
  for (const stream of [process.stdin, process.stdout, process.stderr]) {
    stream.on("error", () => undefined);
  }
  process.stdin.resume();
  process.stdin.on("close", () => {
    // Azurite listens for the signal once it is up; before that there is nothing to save.
    if (!process.emit("SIGTERM", "SIGTERM")) process.exit(0);
    // Whatever keeps the process alive after that is not worth waiting for.
    setTimeout(() => process.exit(0), 5000).unref();
  });
}

/** Every Loki database that Azurite opens from now on. */
function collectDatabases(load: NodeJS.Require, main: string): Database[] {
  const databases: Database[] = [];
  const Loki = load("node:module").createRequire(main)("lokijs");
  const configure = Loki.prototype.configureOptions;
  Loki.prototype.configureOptions = function (this: Database, ...args: unknown[]) {
    if (!databases.includes(this)) databases.push(this);
    return Reflect.apply(configure, this, args);
  };
  return databases;
}

/**
 * Saves what is dirty; or waits for the save after the one that runs, which may have begun too
 * early.
 */
async function saveDatabases(databases: readonly Database[]): Promise<void> {
  const unsaved = databases.filter((db) => db.autosaveDirty() || db.throttledSavePending === true);
  await Promise.all(
    unsaved.map(
      (db) =>
        new Promise<void>((resolve, reject) => {
          db.saveDatabase((error) => (error ? reject(error) : resolve()));
        }),
    ),
  );
}

/**
 * Sends the answer to a write only after `save`; requests that wait at the same time share one
 * save.
 */
function holdAnswers(load: NodeJS.Require, save: () => Promise<void>): void {
  const { ServerResponse } = load("node:http");
  const { write, end } = ServerResponse.prototype;
  const buffered = new WeakMap<object, unknown[][]>();
  const reads = new Set(["GET", "HEAD", "OPTIONS"]);
  // A body of known length would be complete for the client before its end is sent: hold it as
  // well.
  ServerResponse.prototype.write = function (...args: unknown[]) {
    if (reads.has(this.req.method)) return Reflect.apply(write, this, args);
    buffered.set(this, [...(buffered.get(this) ?? []), args]);
    return true;
  };
  ServerResponse.prototype.end = function (...args: unknown[]) {
    if (reads.has(this.req.method)) return Reflect.apply(end, this, args);
    const release = (): void => {
      for (const parts of buffered.get(this) ?? []) Reflect.apply(write, this, parts);
      buffered.delete(this);
      Reflect.apply(end, this, args);
    };
    // What could not be saved was not done: the client must not hear that it was.
    void save().then(release, () => this.destroy());
    return this;
  };
}
