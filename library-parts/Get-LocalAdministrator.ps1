<#
Lists the members of the group of administrators of a Windows machine, as rows.

  Get-LocalAdministrator.ps1 -Output C:\ProgramData\lrq\local-administrators.ndjson.gz
    [-Kilobytes 1024] writes no more than that, before compression
    [-Seconds 240]    begins nothing more after that; live response ends a script at ten minutes
    [-OnlyFunctions]  does nothing, for tests that load the functions

It prints one line, a JSON object that says what happened, and leaves only the file. For Windows
PowerShell 5.1 and PowerShell 7.
#>
param(
  [string]$Output = '', [string]$Kilobytes = '1024', [string]$Seconds = '240',
  [switch]$OnlyFunctions,
  [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.IO.Compression

function Invoke-List {
  Open-Rows
  $disabled = @{}
  foreach ($each in Find-Object 'root/cimv2' 'Win32_UserAccount' 'LocalAccount=TRUE') {
    $disabled[$each.SID] = [bool]$each.Disabled
  }
  foreach ($member in Get-AdministratorMember) {
    $enabled = $null
    if ($disabled.ContainsKey($member.id)) { $enabled = -not $disabled[$member.id] }
    Add-Row ([ordered]@{
        kind = $member.kind; member = $member.name; via = $member.group; id = $member.id
        enabled = $enabled
      })
  }
  Complete-Rows
}

#: line.ps1
#: rows.ps1
#: windows.ps1
# The group has another name in each language. A member whose account is gone is only its id.
function Get-AdministratorMember {
  $sid = New-Object Security.Principal.SecurityIdentifier 'S-1-5-32-544'
  $group = $sid.Translate([Security.Principal.NTAccount]).Value -replace '^.*\\', ''
  $members = ([ADSI]"WinNT://$env:COMPUTERNAME/$group,group").Invoke('Members')
  foreach ($member in $members) {
    $entry = [ADSI]$member
    $bytes = [byte[]]$entry.Properties['objectSid'].Value
    $id = (New-Object Security.Principal.SecurityIdentifier $bytes, 0).Value
    $name = $entry.Path -replace '^WinNT://', '' -replace '/', '\'
    @{ kind = $entry.SchemaClassName.ToLowerInvariant(); name = $name; group = $group; id = $id }
  }
}

if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-List'
  exit $exitCode
}
