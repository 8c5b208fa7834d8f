import { z } from "zod";

const DEFENDER = "00000000-0000-4000-8000-00000000000d";
export const IDENTITY = "00000000-0000-4000-8000-000000000001";
export const PLAYBOOK = "00000000-0000-4000-8000-000000000002";
const OTHER_API = "00000000-0000-4000-8000-00000000000e";
const GRAPH = "00000000-0000-4000-8000-00000000000f";
const GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000";
const DEFENDER_APP_ID = "fc780465-2017-40d4-a0c5-307022471b92";

/** Rights at another API, so that a list has more than one page. */
const OTHER_RIGHTS = 5;
const PAGE = 2;

const roleSchema = z.looseObject({ id: z.guid(), value: z.string() });
const assignmentSchema = z.strictObject({
  principalId: z.guid(),
  resourceId: z.guid(),
  appRoleId: z.guid(),
});
const applicationSchema = z.strictObject({
  displayName: z.string(),
  signInAudience: z.literal("AzureADMyOrg"),
  api: z.strictObject({ requestedAccessTokenVersion: z.literal([1, 2]) }),
  appRoles: z.array(roleSchema),
  optionalClaims: z.looseObject({}),
});
const uriSchema = z.strictObject({ identifierUris: z.array(z.string()) });
const principalSchema = z.strictObject({
  appId: z.guid(),
  appRoleAssignmentRequired: z.literal(true),
});

interface Principal {
  readonly id: string;
  readonly appId: string;
  readonly appRoles: readonly z.infer<typeof roleSchema>[];
}
type Assignment = z.infer<typeof assignmentSchema> & { readonly id: string };
type Application = z.infer<typeof applicationSchema> & {
  readonly id: string;
  readonly appId: string;
  identifierUris: string[];
};

export interface Answer {
  readonly status: number;
  readonly body?: object;
}

export function problem(status: number, code: string, message = "no"): Answer {
  return { status, body: { error: { code, message } } };
}

/** What a tenant has in Entra, and what becomes of a request that is let in. */
export class FakeTenant {
  readonly applications: Application[] = [];
  readonly #principals: Principal[] = [];
  readonly #assignments: Assignment[] = [];
  #made = 0;

  /** How many lists come before one shows a service principal that was made. */
  #lateLists: number;
  /** The same for registrations. */
  #lateApplications: number;

  constructor({ defender = true, lateLists = 0, lateApplications = 0 } = {}) {
    this.#lateLists = lateLists;
    this.#lateApplications = lateApplications;
    const appRoles = [
      "Machine.LiveResponse",
      "Machine.ReadWrite.All",
      "Machine.Read.All",
      "Library.Manage",
      "AdvancedQuery.Read.All",
    ].map((value) => ({ id: this.#newId(), value }));
    const hunting = { id: this.#newId(), value: "ThreatHunting.Read.All" };
    this.#principals.push(
      { id: GRAPH, appId: GRAPH_APP_ID, appRoles: [hunting] },
      { id: IDENTITY, appId: this.#newId(), appRoles: [] },
      { id: PLAYBOOK, appId: this.#newId(), appRoles: [] },
      ...(defender ? [{ id: DEFENDER, appId: DEFENDER_APP_ID, appRoles }] : []),
    );
    for (let count = 0; count < OTHER_RIGHTS; count += 1) {
      this.#assign({ principalId: IDENTITY, resourceId: OTHER_API, appRoleId: this.#newId() });
    }
  }

  /** Values of all roles that a principal has at an API that is here. */
  rolesOf(principalId: string): string[] {
    const held = this.#assignments.filter((each) => each.principalId === principalId);
    const roles = this.#principals.flatMap(({ appRoles }) => appRoles);
    return roles.filter(({ id }) => held.some((each) => each.appRoleId === id)).map((r) => r.value);
  }

  answer(method: string, { pathname, searchParams, origin }: URL, body: string): Answer {
    const [, of = "", id = "", what = ""] = pathname.replace(/^\/v1\.0/, "").split("/");
    const json: unknown = body === "" ? null : JSON.parse(body);
    const next = `${origin}${pathname}`;
    const skip = Number(searchParams.get("$skiptoken") ?? 0);
    switch (`${method} ${of}/${what}`) {
      case "GET servicePrincipals/":
        return page(this.#listed().filter(filteredBy(searchParams)), skip, next);
      case "GET servicePrincipals/appRoleAssignments":
        if (!this.#has(id)) return problem(404, "Request_ResourceNotFound");
        return page(
          this.#assignments.filter((each) => each.principalId === id),
          skip,
          next,
        );
      case "POST servicePrincipals/appRoleAssignedTo":
        return this.#assign(assignmentSchema.parse(json));
      case "GET applications/":
        return page(this.#listedApplications().filter(filteredBy(searchParams)), skip, next);
      case "POST applications/":
        return this.#register(applicationSchema.parse(json));
      case "PATCH applications/":
        return this.#setUris(id, uriSchema.parse(json).identifierUris);
      case "POST servicePrincipals/":
        return this.#makePrincipal(principalSchema.parse(json).appId);
      default:
        return problem(400, "BadRequest", `${method} ${pathname} is not in this tenant`);
    }
  }

  #assign(asked: z.infer<typeof assignmentSchema>): Answer {
    const isThere = this.#assignments.some(
      (each) => each.principalId === asked.principalId && each.appRoleId === asked.appRoleId,
    );
    const message = "Permission being assigned already exists on the object";
    if (isThere) return problem(400, "Request_BadRequest", message);
    const assignment = { id: `assignment-${(this.#made += 1)}`, ...asked };
    this.#assignments.push(assignment);
    return { status: 201, body: assignment };
  }

  #register(asked: z.infer<typeof applicationSchema>): Answer {
    const ids = { id: this.#newId(), appId: this.#newId() };
    const application = { ...asked, ...ids, identifierUris: [] };
    this.applications.push(application);
    return { status: 201, body: application };
  }

  #setUris(id: string, uris: string[]): Answer {
    const application = this.applications.find((each) => each.id === id);
    if (application === undefined) return problem(404, "Request_ResourceNotFound");
    application.identifierUris = uris;
    return { status: 204 };
  }

  #makePrincipal(appId: string): Answer {
    if (this.#principals.some((each) => each.appId === appId)) {
      return problem(409, "Request_MultipleObjectsWithSameKeyValue");
    }
    const appRoles = this.applications.find((each) => each.appId === appId)?.appRoles ?? [];
    const principal = { id: this.#newId(), appId, appRoles };
    this.#principals.push(principal);
    return { status: 201, body: principal };
  }

  /** A registration that was there before, of another product or half made. */
  addApplication(asked: Omit<Application, "id" | "appId">): Application {
    const application = { ...asked, id: this.#newId(), appId: this.#newId() };
    this.applications.push(application);
    return application;
  }

  addPrincipal(appId: string): void {
    this.#makePrincipal(appId);
  }

  #listed(): readonly Principal[] {
    const made = new Set(this.applications.map(({ appId }) => appId));
    const early = this.#principals.filter(({ appId }) => !made.has(appId));
    if (early.length === this.#principals.length || this.#lateLists === 0) return this.#principals;
    this.#lateLists -= 1;
    return early;
  }

  #listedApplications(): readonly Application[] {
    if (this.applications.length === 0 || this.#lateApplications === 0) return this.applications;
    this.#lateApplications -= 1;
    return [];
  }

  #has(id: string): boolean {
    return this.#principals.some((each) => each.id === id);
  }

  #newId(): string {
    this.#made += 1;
    return `00000000-0000-4000-9000-${String(this.#made).padStart(12, "0")}`;
  }
}

/** `$filter=NAME eq 'VALUE'`, as Graph takes it. */
function filteredBy(query: URLSearchParams): (item: object) => boolean {
  const [, name = "", value] = /^(\w+) eq '([^']+)'$/.exec(query.get("$filter") ?? "") ?? [];
  return (item) => Object.entries(item).some(([key, own]) => key === name && own === value);
}

/** Two items at a time, and where the next are. */
function page(items: readonly object[], skip: number, address: string): Answer {
  const value = items.slice(skip, skip + PAGE);
  const link = { "@odata.nextLink": `${address}?$skiptoken=${skip + PAGE}` };
  return { status: 200, body: { value, ...(items.length > skip + PAGE ? link : {}) } };
}
