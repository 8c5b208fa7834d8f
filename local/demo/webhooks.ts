import type { CastMember } from "./cast.ts";

/** One request of a sender, as it would make it. */
export interface Webhook {
  readonly source: CastMember["source"];
  /** For people: what it is about. */
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

const WORKSPACE =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-siem" +
  "/providers/Microsoft.OperationalInsights/workspaces/law-soc" +
  "/providers/Microsoft.SecurityInsights";
const INCIDENT = "63883bf7-5be1-42f4-809a-0417943b837b";

/**
 * The Sentinel incident and the Jira ticket that name these machines, as their senders put them.
 */
export function webhooksFor(members: readonly CastMember[]): readonly Webhook[] {
  return [
    sentinelIncident(members.filter(({ source }) => source === "sentinel")),
    jiraTicket(members.filter(({ source }) => source === "jira")),
  ];
}

/** What a playbook forwards: the body of Sentinel's incident trigger. */
function sentinelIncident(members: readonly CastMember[]): Webhook {
  const title = `Hands-on-keyboard attack involving ${members.length} machines`;
  return {
    source: "sentinel",
    title: `Sentinel incident 4711: ${title}`,
    headers: { "user-agent": "azure-logic-apps/1.0", "x-ms-workflow-name": "lrq-collect" },
    body: {
      eventUniqueId: "b7c2f4de-0000-4000-8000-000000000009",
      objectSchemaType: "Incident",
      objectEventType: "Create",
      workspaceInfo: { ResourceGroupName: "rg-siem", WorkspaceName: "law-soc" },
      object: {
        id: `${WORKSPACE}/Incidents/${INCIDENT}`,
        name: INCIDENT,
        type: "Microsoft.SecurityInsights/Incidents",
        properties: {
          title,
          description: "Several machines ran the same loader.",
          severity: "High",
          status: "New",
          incidentNumber: 4711,
          createdTimeUtc: "2026-11-20T10:00:00Z",
          providerName: "Azure Sentinel",
          incidentUrl: `https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident${WORKSPACE}/Incidents/${INCIDENT}`,
          labels: [],
          alerts: [],
          relatedEntities: members.map(hostEntity),
        },
      },
    },
  };
}

function hostEntity({ machineId, name, dnsName, platform }: CastMember, index: number): object {
  const entity = `00000000-0000-4000-8000-00000000010${index}`;
  return {
    id: `${WORKSPACE}/Entities/${entity}`,
    name: entity,
    type: "Microsoft.SecurityInsights/Entities",
    kind: "Host",
    properties: {
      hostName: name,
      dnsDomain: dnsName.slice(name.length + 1),
      osFamily: platform === "Linux" ? "Linux" : "Windows",
      isDomainJoined: true,
      friendlyName: name,
      additionalData: {
        MdatpDeviceId: machineId,
        DeviceDnsName: dnsName,
        HealthStatus: "active",
        OnboardingStatus: "onboarded",
      },
    },
  };
}

/** What Jira's webhook tells of a new issue; the machines stand in a custom field of their own. */
function jiraTicket(members: readonly CastMember[]): Webhook {
  const summary = "Collect from the machines that opened the attachment";
  return {
    source: "jira",
    title: `Jira SEC-5: ${summary}`,
    headers: { "user-agent": "Atlassian Webhook HTTP Client", "x-atlassian-webhook-retry": "0" },
    body: {
      timestamp: Date.UTC(2026, 10, 20, 10),
      webhookEvent: "jira:issue_created",
      issue_event_type_name: "issue_created",
      user: { accountId: "557058:fake", displayName: "Security Desk", active: true },
      issue: {
        id: "10005",
        self: "https://contoso.atlassian.example/rest/api/2/issue/10005",
        key: "SEC-5",
        fields: {
          summary,
          description: "Opened on two machines this morning; see the field Machines.",
          issuetype: { id: "10001", name: "Task", subtask: false },
          project: { id: "10000", key: "SEC", name: "Security" },
          priority: { id: "3", name: "Medium" },
          labels: ["phishing"],
          status: { name: "To Do", statusCategory: { id: 2, key: "new", name: "To Do" } },
          created: "2026-11-20T11:00:00.000+0100",
          customfield_10031: members.map(({ machineId }) => machineId),
        },
      },
    },
  };
}
