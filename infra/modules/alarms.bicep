@description('The workspace with the lines of the app.')
param workspaceId string
param location string
param tags object
@description('Who gets a mail when an alarm begins, and when it is over.')
param email string

@description('Each is a query in infra/alarms and a page in docs/runbooks. An alarm that looks every 15 minutes costs a third of one that looks every five. Each looks back further than it waits, because a line takes minutes to arrive.')
var alarms = [
  {
    name: 'no-poll'
    title: 'nothing polls'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    query: loadTextContent('../alarms/no-poll.kql')
  }
  {
    name: 'storage-out-of-reach'
    title: 'storage is out of reach'
    severity: 1
    every: 'PT15M'
    over: 'PT30M'
    query: loadTextContent('../alarms/storage-out-of-reach.kql')
  }
  {
    name: 'locked-out'
    title: 'Defender refuses lrq'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    query: loadTextContent('../alarms/locked-out.kql')
  }
  {
    name: 'urgent-waits'
    title: 'urgent work waits'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    query: loadTextContent('../alarms/urgent-waits.kql')
  }
  {
    name: 'custody-trouble'
    title: 'evidence or a log is not as recorded'
    severity: 1
    every: 'PT15M'
    over: 'PT30M'
    query: loadTextContent('../alarms/custody-trouble.kql')
  }
  {
    name: 'door-closed'
    title: 'Defender takes no submissions'
    severity: 2
    every: 'PT15M'
    over: 'PT30M'
    query: loadTextContent('../alarms/door-closed.kql')
  }
  {
    name: 'rows-set-aside'
    title: 'rows are set aside'
    severity: 2
    every: 'PT15M'
    over: 'PT30M'
    query: loadTextContent('../alarms/rows-set-aside.kql')
  }
  {
    name: 'poison'
    title: 'a message is poison'
    severity: 2
    every: 'PT15M'
    over: 'PT30M'
    query: loadTextContent('../alarms/poison.kql')
  }
  {
    name: 'budget-rebuilt'
    title: 'the budget was rebuilt'
    severity: 2
    every: 'PT30M'
    over: 'PT1H'
    query: loadTextContent('../alarms/budget-rebuilt.kql')
  }
  {
    name: 'approvals-expire'
    title: 'an approval is about to expire'
    severity: 3
    every: 'PT15M'
    over: 'PT30M'
    query: loadTextContent('../alarms/approvals-expire.kql')
  }
  {
    name: 'callbacks-dead'
    title: 'a callback is dead'
    severity: 3
    every: 'PT15M'
    over: 'PT30M'
    query: loadTextContent('../alarms/callbacks-dead.kql')
  }
]

// The function of the Sentinel content, within the one workspace that the alarms look at.
var events = replace(
  loadTextContent('../sentinel/Content/LrqEvents.kql'),
  'workspace("{LrqWorkspace}").',
  ''
)

resource mail 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-lrq'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'lrq'
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource alarm 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for each in alarms: {
    name: 'alert-lrq-${each.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'lrq: ${each.title}'
      description: 'What to do: docs/runbooks/${each.name}.md of lrq.'
      severity: each.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: each.every
      windowSize: each.over
      criteria: {
        allOf: [
          {
            query: 'let LrqEvents = () {\n${events}};\n${each.query}'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      // A new workspace knows no table before its first line. The queries were checked before.
      skipQueryValidation: true
      actions: { actionGroups: [mail.id] }
    }
  }
]
