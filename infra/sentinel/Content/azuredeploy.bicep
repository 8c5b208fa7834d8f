metadata title = 'lrq: rules, hunting queries and a workbook'
metadata description = 'What lrq logs, as a function, a workbook, and rules and hunting queries of Microsoft Sentinel. The rules are disabled until somebody enables them.'

@description('Name of the Log Analytics workspace of Microsoft Sentinel, in this resource group.')
param WorkspaceName string
@description('Resource id of the Log Analytics workspace of lrq. It may be the same.')
param LrqWorkspaceId string
@description('LRQ_IDENTITY_PRINCIPAL_ID of azd, and of two apps LRQ_FRONT_IDENTITY_PRINCIPAL_ID too: the identities of lrq.')
@minLength(1)
param LrqPrincipalIds array
@description('Whether the rules are enabled.')
param Enabled bool = false

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: WorkspaceName
}

var rules = [
  {
    name: 'EvidenceReadByNewCaller'
    title: 'lrq: evidence read by a new caller'
    severity: 'Medium'
    period: 'P14D'
    tactics: ['Collection']
    query: loadTextContent('Rules/EvidenceReadByNewCaller.kql')
  }
  {
    name: 'KillSwitchUsed'
    title: 'lrq: somebody stopped it'
    severity: 'Medium'
    period: 'PT2H'
    tactics: ['Impact']
    query: loadTextContent('Rules/KillSwitchUsed.kql')
  }
  {
    name: 'ApprovedWithinTheTeam'
    title: 'lrq: approved by the team that asked'
    severity: 'Low'
    period: 'P7D'
    tactics: ['DefenseEvasion']
    query: loadTextContent('Rules/ApprovedWithinTheTeam.kql')
  }
  {
    name: 'EvidenceChangedPastLrq'
    title: 'lrq: evidence changed by somebody else'
    severity: 'High'
    period: 'PT2H'
    tactics: ['Impact', 'DefenseEvasion']
    query: loadTextContent('Rules/EvidenceChangedPastLrq.kql')
  }
  {
    name: 'Impersonation'
    title: 'lrq: an action of somebody else has its mark'
    severity: 'High'
    period: 'PT2H'
    tactics: ['DefenseEvasion', 'Execution']
    query: loadTextContent('Rules/Impersonation.kql')
  }
  {
    name: 'CustodyTrouble'
    title: 'lrq: evidence or a log is not what it recorded'
    severity: 'High'
    period: 'PT2H'
    tactics: ['Impact', 'DefenseEvasion']
    query: loadTextContent('Rules/CustodyTrouble.kql')
  }
]

var hunting = [
  {
    name: 'RefusedRequests'
    title: 'lrq: refused requests'
    query: loadTextContent('Hunting/RefusedRequests.kql')
  }
  {
    name: 'LateActions'
    title: 'lrq: actions that came late'
    query: loadTextContent('Hunting/LateActions.kql')
  }
  {
    name: 'MachinesByCaller'
    title: 'lrq: machines by caller'
    query: loadTextContent('Hunting/MachinesByCaller.kql')
  }
  {
    name: 'EvidenceReadPastLrq'
    title: 'lrq: evidence read by somebody else'
    query: loadTextContent('Hunting/EvidenceReadPastLrq.kql')
  }
]

resource events 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = {
  parent: workspace
  name: 'LrqEvents'
  properties: {
    category: 'lrq'
    displayName: 'LrqEvents'
    functionAlias: 'LrqEvents'
    query: replace(loadTextContent('LrqEvents.kql'), '{LrqWorkspace}', LrqWorkspaceId)
    version: 2
  }
}

resource rule 'Microsoft.SecurityInsights/alertRules@2025-09-01' = [
  for each in rules: {
    scope: workspace
    name: guid(workspace.id, 'lrq', each.name)
    kind: 'Scheduled'
    properties: {
      displayName: each.title
      description: 'See docs/sentinel.md of lrq.'
      enabled: Enabled
      severity: each.severity
      tactics: each.tactics
      query: replace(
        replace(each.query, '{LrqWorkspace}', LrqWorkspaceId),
        '{LrqPrincipalIds}',
        join(LrqPrincipalIds, '", "')
      )
      // Each rule looks back further than this, so that it sees lines that arrive late.
      queryFrequency: 'PT1H'
      queryPeriod: each.period
      triggerOperator: 'GreaterThan'
      triggerThreshold: 0
      suppressionEnabled: false
      suppressionDuration: 'PT5H'
    }
    // Sentinel runs a query before it takes the rule, and the query calls the function.
    dependsOn: [events]
  }
]

resource hunt 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = [
  for each in hunting: {
    parent: workspace
    name: guid(workspace.id, 'lrq', each.name)
    properties: {
      category: 'Hunting Queries'
      displayName: each.title
      query: replace(
        replace(each.query, '{LrqWorkspace}', LrqWorkspaceId),
        '{LrqPrincipalIds}',
        join(LrqPrincipalIds, '", "')
      )
      version: 2
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, 'lrq', 'workbook')
  location: resourceGroup().location
  kind: 'shared'
  properties: {
    displayName: 'lrq'
    category: 'sentinel'
    sourceId: workspace.id
    serializedData: string(loadJsonContent('workbook.json'))
  }
}
