# Runs the scenarios one after another, and prints a line for each.
param([string]$Scenarios)
foreach ($scenario in [IO.File]::ReadAllText($Scenarios) | ConvertFrom-Json) {
  . $scenario.script -OnlyFunctions
  . "$PSScriptRoot/stand-ins.ps1"
  if ($scenario.folder) { Set-Location -LiteralPath $scenario.folder }
  foreach ($argument in $scenario.arguments.PSObject.Properties) {
    Set-Variable -Name $argument.Name -Value $argument.Value
  }
  $locks = foreach ($each in $scenario.locked) { [IO.File]::Open($each, 'Open', 'Read', 'None') }
  $line = Invoke-Script $scenario.main
  foreach ($lock in $locks) { $lock.Dispose() }
  ConvertTo-Json -InputObject @{ exitCode = $exitCode; lines = @($line) } -Compress
}
