import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseCallers } from "../../../shared/access/caller.ts";
import { blocksIn, page } from "../../docs/markdown.ts";
import { infraFile } from "../snapshot.ts";
import { definitionOf, PLAYBOOKS, resourceOf, templateAt, workflowSchema } from "./templates.ts";

/** What the repository of Microsoft Sentinel checks of each playbook that is sent in. */
const metadataSchema = z.looseObject({
  title: z.string().trim().min(1),
  description: z.string().trim().min(1),
  lastUpdateTime: z.iso.datetime(),
  entities: z.array(z.enum(["Host"])),
  support: z.looseObject({ tier: z.literal("community") }),
  author: z.looseObject({ name: z.string().trim().min(1) }),
});

const TRIGGERS: Readonly<Record<string, string>> = {
  "Lrq-SendIncident": "/incident-creation",
  "Lrq-SendAlert": "/subscribe",
  "Lrq-SendHost": "/entity/@{encodeURIComponent('Host')}",
  "Lrq-CollectNow": "/incident-creation",
};

const connectorTrigger = (path: string) => ({
  type: "ApiConnectionWebhook",
  inputs: {
    host: { connection: { name: "@parameters('$connections')['azuresentinel']['connectionId']" } },
    body: { callback_url: "@{listCallbackUrl()}" },
    path,
  },
});

const REQUEST = { type: "Request", kind: "Http", inputs: { schema: {} } };

it("there is a playbook for each trigger of Sentinel, and one for the callback of lrq", () => {
  expect(PLAYBOOKS).toEqual([...Object.keys(TRIGGERS), "Lrq-ReportBack"].toSorted());
});

/** The resources of a playbook's Bicep, without its name and the parameters of its definition. */
function shape(playbook: string): string {
  const bicep = infraFile(`sentinel/Playbooks/${playbook}/azuredeploy.bicep`);
  const resources = bicep.slice(bicep.indexOf("\nvar ")).replaceAll(playbook, "NAME");
  return resources.replaceAll(/^ {6}\w+: \{ value: \w+ \}\n/gm, "");
}

describe.each(PLAYBOOKS)("the template of %s", (playbook) => {
  const template = templateAt(`Playbooks/${playbook}`);
  const workflow = workflowSchema.parse(resourceOf(template, "Microsoft.Logic/workflows"));
  const connection = resourceOf(template, "Microsoft.Web/connections");

  it("has the metadata that the gallery shows", () => {
    expect(metadataSchema.safeParse(template.metadata).error).toBeUndefined();
    expect(JSON.stringify(template)).not.toContain("Azure Sentinel");
  });

  it("names the Logic App by its parameter, and puts it where its resource group is", () => {
    expect(template.parameters["PlaybookName"]).toMatchObject({ defaultValue: playbook });
    expect(workflow).toMatchObject({
      name: "[parameters('PlaybookName')]",
      location: "[resourceGroup().location]",
      tags: { "hidden-SentinelTemplateName": playbook, "hidden-SentinelTemplateVersion": "1.0" },
    });
  });

  it("names its connection by a variable", () => {
    const [, variable = ""] = /^\[variables\('(\w+)'\)\]$/.exec(connection.name) ?? [];
    expect(template.variables).toHaveProperty(variable);
    expect(connection).toMatchObject({
      kind: "V1",
      properties: { parameterValueType: "Alternative" },
    });
  });

  it("uses the one identity of all playbooks, and makes none of its own", () => {
    expect(workflow.identity).toEqual({
      type: "UserAssigned",
      userAssignedIdentities: { "[format('{0}', parameters('IdentityId'))]": {} },
    });
    expect(workflow.properties.parameters["$connections"]?.value).toMatchObject({
      azuresentinel: {
        connectionProperties: {
          authentication: {
            type: "ManagedServiceIdentity",
            identity: "[parameters('IdentityId')]",
          },
        },
      },
    });
  });

  it("gives the definition every parameter that it declares, and no other", () => {
    const declared = Object.keys(definitionOf(playbook).parameters);
    expect(Object.keys(workflow.properties.parameters).toSorted()).toEqual(declared.toSorted());
  });

  it("has one trigger, in the form of the connector", () => {
    const [trigger, ...others] = Object.values(definitionOf(playbook).triggers);
    expect(others).toEqual([]);
    const path = TRIGGERS[playbook];
    expect(trigger).toEqual(path === undefined ? REQUEST : connectorTrigger(path));
  });

  it("differs from the others only in its words, parameters and definition", () => {
    expect(shape(playbook)).toBe(shape("Lrq-SendIncident"));
  });
});

describe("the playbooks that send", () => {
  const senders = Object.keys(TRIGGERS);

  it("send the whole body of the trigger, in one and the same way", () => {
    const sending = senders.map((playbook) => definitionOf(playbook).actions["Send_to_lrq"]);
    for (const action of sending) {
      expect(action).toMatchObject({
        type: "Http",
        inputs: { method: "POST", body: "@triggerBody()" },
        operationOptions: "DisableAsyncPattern",
      });
    }
    const withoutOptions = sending.filter((_, index) => senders[index] !== "Lrq-CollectNow");
    const inputs = withoutOptions.map((action) => (action?.type === "Http" ? action.inputs : null));
    for (const each of inputs) expect(each).toEqual(inputs[0]);
  });

  it("tell apart the runs of a playbook that may repeat what was done", () => {
    expect(definitionOf("Lrq-CollectNow").actions["Send_to_lrq"]).toMatchObject({
      inputs: { headers: { "Idempotency-Key": "@{workflow()['run']['name']}" } },
    });
  });
});

/** The role that a variable of a template names, as the compiler writes it. */
function roleOf(variable: string): string {
  const definitions = "'Microsoft.Authorization/roleDefinitions'";
  return `[subscriptionResourceId(${definitions}, variables('${variable}'))]`;
}

describe("the identity", () => {
  const template = templateAt("Setup/Identity");

  it("may comment on incidents, and automation rules may run its playbooks if asked for", () => {
    expect(template.variables).toEqual({
      responder: "3e150937-b8fe-4cfb-8069-0eaf05ecd056",
      automationContributor: "f4c81013-99ee-4d62-a7ee-b3f1f648599a",
    });
    const rights = template.resources
      .filter(({ type }) => type === "Microsoft.Authorization/roleAssignments")
      .map(({ condition, properties }) => [condition, properties]);
    const forRules = {
      roleDefinitionId: roleOf("automationContributor"),
      principalId: "[parameters('SentinelPrincipalId')]",
    };
    expect(rights).toMatchObject([
      [undefined, { roleDefinitionId: roleOf("responder") }],
      ["[not(equals(parameters('SentinelPrincipalId'), ''))]", forRules],
    ]);
  });
});

describe("the automation rule", () => {
  it("is disabled until a person enables it", () => {
    const template = templateAt("Setup/AutomationRule");
    const rule = resourceOf(template, "Microsoft.SecurityInsights/automationRules");
    expect(rule["properties"]).toMatchObject({
      triggeringLogic: { isEnabled: false, triggersOn: "Incidents", triggersWhen: "Created" },
      actions: [
        {
          actionType: "RunPlaybook",
          actionConfiguration: { logicAppResourceId: "[parameters('PlaybookId')]" },
        },
      ],
    });
  });
});

describe("the page about Sentinel", () => {
  const PAGE = page("docs/sentinel.md");

  it("names every playbook, and the parameters that have to be given", () => {
    for (const playbook of PLAYBOOKS) {
      expect(PAGE).toContain(`\`${playbook}\``);
      const { parameters } = templateAt(`Playbooks/${playbook}`);
      const needed = Object.entries(parameters).filter(([, each]) => !("defaultValue" in each));
      for (const [name] of needed) expect(PAGE).toContain(`${name}='`);
    }
  });

  it("shows a caller that is right", () => {
    const { text } = blocksIn(PAGE).find(({ language }) => language === "json") ?? { text: "" };
    expect(parseCallers(`[${text}]`)).toMatchObject({ kind: "parsed" });
  });
});
