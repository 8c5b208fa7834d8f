# Runs the scenarios, with stand-ins for what only Windows has. Prints a line for each.
param([string]$Script, [string]$Scenarios)
. $Script -OnlyFunctions

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

function Test-Administrator { $true }

function Protect-Folder([string]$Folder) {
  [IO.File]::WriteAllText("$Folder/protected", '')
}

foreach ($scenario in [IO.File]::ReadAllText($Scenarios) | ConvertFrom-Json) {
  foreach ($argument in $scenario.arguments.PSObject.Properties) {
    Set-Variable -Name $argument.Name -Value $argument.Value
  }
  $shadows.Clear()
  $locks = @($scenario.locked | ForEach-Object { [IO.File]::Open($_, 'Open', 'Read', 'None') })
  $line = Invoke-Script 'Invoke-Triage'
  foreach ($lock in $locks) { $lock.Dispose() }
  ConvertTo-Json -InputObject @{ exitCode = $exitCode; lines = @($line) } -Compress
}
