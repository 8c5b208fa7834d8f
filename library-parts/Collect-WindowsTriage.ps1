<#
Takes what a responder looks at first on a Windows machine, into one archive: autostarts, processes,
connections, users and sessions, what ran before, shell histories, event logs of the last days.

  Collect-WindowsTriage.ps1 -List windows-triage-list.json -Days 7
      -Output C:\ProgramData\lrq\triage.zip
    [-Megabytes 500]  takes no more than that, before compression
    [-Seconds 420]    begins nothing more after that; live response ends a script at ten minutes
    [-OnlyFunctions]  does nothing, for tests that load the functions

The list says what to take. PutFile brings it, and the script removes it when it ends. It prints one
line, a JSON object that says what happened, and leaves only the archive. SHA256SUMS in it is about
every file in it, files.jsonl about the files of the disk, and not-taken.txt says what is missing,
and why. For Windows PowerShell 5.1 and PowerShell 7. It takes no password hashes.
#>
param(
  [string]$List = '', [string]$Days = '7', [string]$Output = '',
  [string]$Megabytes = '500', [string]$Seconds = '420', [switch]$OnlyFunctions,
  [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.IO.Compression

function Invoke-Triage {
  $span = Read-Number 'Days' $Days 1 90
  if ($List -eq '') { throw '-List is the name of the list that PutFile brought' }
  $wanted = [IO.File]::ReadAllText((Find-PutFile $List)) | ConvertFrom-Json
  if ($wanted.version -ne 1) { throw "$List is no list of version 1" }
  Open-Archive
  foreach ($class in $wanted.classes) { Add-Class $class }
  Add-Registry $wanted.registry
  $details = foreach ($pattern in $wanted.files) {
    $pattern = [Environment]::ExpandEnvironmentVariables($pattern)
    foreach ($found in Find-File $pattern) { Add-File $found $wanted.fileMegabytes }
  }
  Add-Text 'files.jsonl' $details
  foreach ($channel in $wanted.eventLogs) {
    Add-EventLog $channel $span ($wanted.eventLogMegabytes * 1MB)
  }
  Complete-Archive ([ordered]@{ days = $span; asAdministrator = Test-Administrator })
}

function Remove-Traces {
  Remove-Shadows
  [IO.File]::Delete((Find-PutFile $List))
}

# The objects of a CIM class, one a line, with the hash of the program that a property names.
function Add-Class($Wanted) {
  $name = "$($Wanted.namespace)/$($Wanted.class)"
  if (-not (Test-TimeLeft)) { Skip 'no time was left' $name; return }
  try { $objects = @(Get-CimObject $Wanted) } catch { Skip (Get-Reason $_) $name; return }
  $hashes = @{}
  $lines = foreach ($object in $objects) {
    $row = ConvertTo-Plain $object 0
    if ($Wanted.hash) {
      $path = "$($row[$Wanted.hash])" -replace '^\\\?\?\\', ''
      if (-not $hashes.ContainsKey($path)) { $hashes[$path] = Get-HashOf $path }
      $row['sha256'] = $hashes[$path]
    }
    ConvertTo-Line $row
  }
  Add-Text "$($Wanted.file).jsonl" $lines
}

function Get-HashOf([string]$Path) {
  if ($Path -eq '' -or -not (Test-TimeLeft)) { return $null }
  try {
    $stream = Open-Shared $Path
    try { ConvertTo-Hex ([Security.Cryptography.SHA256]::Create().ComputeHash($stream)) }
    finally { $stream.Dispose() }
  } catch { $null }
}

# What JSON can hold of an object: its properties, times in UTC, at most three levels.
function ConvertTo-Plain($Value, [int]$Depth) {
  if ($Value -is [DateTime]) { return $Value.ToUniversalTime().ToString('o') }
  if ($null -eq $Value -or $Value -is [ValueType]) { return $Value }
  if ($Value -is [string] -or $Depth -ge 3) { return "$Value" }
  if ($Value -is [Collections.IEnumerable]) {
    return , @(foreach ($each in $Value) { ConvertTo-Plain $each ($Depth + 1) })
  }
  $properties = $Value.PSObject.Properties
  if ($properties['CimInstanceProperties']) { $properties = $Value.CimInstanceProperties }
  $row = [ordered]@{}
  foreach ($each in $properties) {
    if ($null -ne $each.Value) { $row[$each.Name] = ConvertTo-Plain $each.Value ($Depth + 1) }
  }
  $row
}

# Winlogon may hold the password of a user who is logged on when the machine starts.
function Add-Registry($Keys) {
  $lines = foreach ($key in $Keys) {
    if (-not (Test-TimeLeft)) { Skip 'no time was left' $key; continue }
    try {
      foreach ($found in Get-RegistryValue $key) {
        if ($found.name -match 'password') { $found.value = '(not taken)' }
        ConvertTo-Line $found
      }
    } catch { Skip (Get-Reason $_) $key }
  }
  Add-Text 'autostart/registry.jsonl' $lines
}

# The last days of a log or, if there is no room for them, the last day.
function Add-EventLog([string]$Channel, [int]$Span, [long]$Most) {
  $events = [IO.Path]::Combine($archive.work, 'events.evtx')
  foreach ($days in @($Span, 1 | Select-Object -Unique)) {
    $export = Get-EventLogExport $Channel $events $days
    $reason = Invoke-Export $export $events ([Math]::Min($archive.left, $Most))
    if ($reason -ne 'no room was left') { break }
    [IO.File]::Delete($events)
  }
  if ($reason -eq '') {
    $stream = Open-Shared $events
    $name = 'eventlogs/' + ($Channel -replace '[^\w.-]', '_') + '.evtx'
    try { [void](Add-Entry $name $stream $Channel) } finally { $stream.Dispose() }
    if ($days -lt $Span) { $reason = 'only its last day is here: no room was left' }
  }
  [IO.File]::Delete($events)
  if ($reason -ne '') { Skip $reason $Channel }
}

# Runs an export until it ends, has written more than it may, or the time is over. Why it failed, or
# an empty string.
function Invoke-Export($Export, [string]$Path, [long]$Most) {
  if (-not (Test-TimeLeft)) { return 'no time was left' }
  $start = New-Object Diagnostics.ProcessStartInfo $Export.program, $Export.arguments
  $start.UseShellExecute = $false
  $start.CreateNoWindow = $true
  $start.RedirectStandardError = $true
  try { $process = [Diagnostics.Process]::Start($start) } catch { return Get-Reason $_ }
  $reason = ''
  do {
    $hasEnded = $process.WaitForExit(200)
    $bytes = 0
    if ([IO.File]::Exists($Path)) { $bytes = (New-Object IO.FileInfo $Path).Length }
    if ($bytes -gt $Most) { $reason = 'no room was left' }
    elseif (-not $hasEnded -and -not (Test-TimeLeft)) { $reason = 'no time was left' }
  } until ($hasEnded -or $reason -ne '')
  if (-not $hasEnded) { $process.Kill(); $process.WaitForExit() }
  elseif ($reason -eq '' -and $process.ExitCode -ne 0) {
    $reason = 'its export failed: ' + $process.StandardError.ReadToEnd().Trim()
  }
  $reason
}

#: line.ps1
#: archive.ps1
#: disk.ps1
#: find-file.ps1
#: put-file.ps1
#: windows.ps1
function Get-EventLogExport([string]$Channel, [string]$Path, [int]$Days) {
  $query = "*[System[TimeCreated[timediff(@SystemTime) <= $($Days * 86400000)]]]"
  @{ program = "$env:SystemRoot\System32\wevtutil.exe"
    arguments = "epl `"$Channel`" `"$Path`" `"/q:$query`" /ow:true" }
}

if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-Triage'
  exit $exitCode
}
