metadata title = 'lrq: the identity of the playbooks'
metadata description = 'One identity that every playbook of lrq calls with, and its right to comment on incidents. Deploy it into the resource group of the workspace of Microsoft Sentinel.'

@description('Name of the identity.')
param IdentityName string = 'id-lrq-playbooks'
@description('Object id of the service principal "Azure Security Insights" of your tenant. With it, automation rules may run the playbooks of this resource group. Empty gives no such right.')
param SentinelPrincipalId string = ''

var responder = '3e150937-b8fe-4cfb-8069-0eaf05ecd056'
var automationContributor = 'f4c81013-99ee-4d62-a7ee-b3f1f648599a'

// Of its own: lrq knows it by its client id, and a playbook that is made again keeps it.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: IdentityName
  location: resourceGroup().location
}

resource mayComment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, identity.id, responder)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', responder)
    description: 'Playbooks of lrq are told of incidents, and comment on them.'
  }
}

resource mayRunPlaybooks 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (SentinelPrincipalId != '') {
  name: guid(resourceGroup().id, SentinelPrincipalId, automationContributor)
  properties: {
    principalId: SentinelPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      automationContributor
    )
    description: 'Automation rules of Sentinel run the playbooks of this resource group.'
  }
}

@description('For the playbooks.')
output IdentityId string = identity.id
@description('For CALLERS of lrq, as entra.apps.')
output ClientId string = identity.properties.clientId
@description('For infra/grant.mjs, as --caller.')
output PrincipalId string = identity.properties.principalId
