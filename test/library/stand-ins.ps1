# Stand-ins for what only Windows has: they do and say what the scenario wants.

function Get-CimObject($Wanted) {
  $objects = $scenario.classes.($Wanted.class)
  if ($objects -is [string]) { throw $objects }
  $objects
}

function Get-RegistryValue([string]$Keys) {
  $values = $scenario.keys.$Keys
  if ($values -is [string]) { throw $values }
  $values
}

function Get-EventLogExport([string]$Channel, [string]$Path, [int]$Days) {
  $say = $scenario.logs.$Channel
  @{ program = $scenario.node; arguments = "-e `"$say`" `"$Path`" $Days" }
}

function New-Shadow([string]$Volume) {
  if ($scenario.shadow -eq '') { throw 'there is no shadow copy' }
  @{ link = $scenario.shadow }
}

function Remove-Shadow($Shadow) {
  [IO.File]::WriteAllText("$($Shadow.link)/removed", '')
}

function Write-Dump([int]$Id, [string]$Path) {
  [IO.File]::WriteAllText($Path, 'partly')
  if ($scenario.protects -contains $Id) { throw 'Access is denied.' }
  [IO.File]::WriteAllText($Path, "memory of $Id")
}

# A collector is a program for node.
function New-Start([string]$Program, [string]$Words) {
  New-Object Diagnostics.ProcessStartInfo $scenario.node, "`"$Program`" $Words"
}

function Stop-Tree($Process) {
  $Process.Kill($true)
  $Process.WaitForExit()
}

function Get-Signer([string]$Path) {
  $signer = $scenario.signers.([IO.Path]::GetFileName($Path))
  @{ signer = "$signer"; signed = [bool]$signer }
}

function Get-LinkTarget([string]$Path) {
  @{ path = $scenario.target; arguments = '--from-link' }
}

function Get-AdministratorMember {
  foreach ($each in $scenario.members) {
    @{ kind = $each.kind; name = $each.name; group = $each.group; id = $each.id }
  }
}

function Test-Administrator { $true }

function Protect-Folder([string]$Folder) {
  [IO.File]::WriteAllText("$Folder/protected", '')
}
