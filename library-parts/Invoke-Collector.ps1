<#
Runs a collector that a team already has, such as KAPE or Velociraptor, and leaves its output in
parts that live response can fetch, and a manifest of them.

  Invoke-Collector.ps1 -Collector kape-collector.txt -Sha256 9f86d081...
      -Output C:\ProgramData\lrq\kape
    -Collector        the collector file: what to start, and how; PutFile brings it and the pack
    -Sha256           its hash, so that nothing else is started
    -Output           leaves FILE.json, which is the manifest, and the parts FILE.1, FILE.2, ...
    [-Parts 1]        the least number of parts, none of them empty: as many as are fetched
    [-Megabytes 2900] a part has no more than that; live response fetches 3 GB
    [-Seconds 420]    ends the collector after that; live response ends a script at ten minutes
    [-OnlyFunctions]  does nothing, for tests that load the functions

It prints one line, a JSON object that says what happened, and leaves only its output. The collector
starts in an empty folder. If it fails, or does not end in time, there is no output. For Windows
PowerShell 5.1 and PowerShell 7.
#>
param(
  [string]$Collector = '', [string]$Sha256 = '', [string]$Output = '', [string]$Parts = '1',
  [string]$Megabytes = '2900', [string]$Seconds = '420', [switch]$OnlyFunctions,
  [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.IO.Compression, System.IO.Compression.FileSystem

function Invoke-Collector {
  $least = Read-Number 'Parts' $Parts 1 9
  $most = [long](Read-Number 'Megabytes' $Megabytes 1 2900) * 1MB
  if ($Collector -notmatch '^\w[\w.-]*\z') { throw '-Collector is the name of a library file' }
  Open-Work 'output'
  foreach ($name in 'pack', 'out') { [void][IO.Directory]::CreateDirectory((Get-WorkPath $name)) }
  $wanted = Read-CollectorFile
  Invoke-Pack $wanted (Expand-Pack $wanted)
  $found = @(Get-Output $wanted.take)
  if ($found.Count -eq 0) { throw "the collector left no file that ends in $($wanted.take)" }
  if ($found.Count -gt 1) {
    throw "the collector left $($found.Count) files that end in $($wanted.take)"
  }
  $manifest = New-Manifest $found[0] $least $most
  $said = [ordered]@{ ok = $true; manifest = "$Output.json"; name = $manifest.name }
  $said.bytes = $manifest.size
  $said.sha256 = $manifest.sha256
  $said.parts = $manifest.parts.Count
  $said.notFetched = $manifest.parts.Count - $least
  $said.seconds = [int]$archive.since.Elapsed.TotalSeconds
  $said.asAdministrator = Test-Administrator
  $said
}

# Not from folders below, where a collector may have files that it took. No links.
function Get-Output([string]$Take) {
  foreach ($path in [IO.Directory]::GetFiles((Get-WorkPath 'out'))) {
    $isLink = [int][IO.File]::GetAttributes($path) -band 0x400
    if (-not $isLink -and $path.EndsWith($Take, 'Ordinal')) { $path }
  }
}

function Remove-Earlier {
  if ($Output -eq '') { return }
  foreach ($ending in @('json') + 1..99) { [IO.File]::Delete("$Output.$ending") }
}

# No collector that still runs, and nothing that PutFile brought.
function Remove-Traces {
  if ($archive.process) { try { Stop-Tree $archive.process } catch { } }
  foreach ($path in $archive.brought) { [IO.File]::Delete($path) }
  if ($exitCode -ne 0) { Remove-Earlier }
}

function Get-WorkPath([string]$Name) {
  [IO.Path]::Combine($archive.work, $Name)
}

# Brings a copy that nobody else can write, which is then compared with its hash.
function Copy-PutFile([string]$Name, [IO.Stream]$Into) {
  $path = Find-PutFile $Name
  $archive.brought = @($archive.brought) + $path -ne $null
  $from = [IO.File]::OpenRead($path)
  try { $from.CopyTo($Into) } finally { $from.Dispose() }
}

# The collector file has a word and a value on each line; # begins a comment.
function Read-CollectorFile {
  $copy = New-Object IO.MemoryStream
  Copy-PutFile $Collector $copy
  $copy.Position = 0
  if ((Get-HashOf $copy) -ne $Sha256) { throw "$Collector has another hash than -Sha256" }
  $wanted = @{ pack = ''; parts = '0'; sha256 = ''; start = ''; take = ''; arguments = @() }
  foreach ($line in [Text.Encoding]::UTF8.GetString($copy.ToArray()) -split '\r?\n') {
    $word, $value = $line -split ' ', 2
    if ($word -eq '' -or $line.StartsWith('#')) { continue }
    if ($word -eq 'argument' -and $value) { $wanted.arguments += $value }
    elseif ($wanted[$word] -is [string] -and $value) { $wanted[$word] = $value }
    else { throw "$Collector has a line that is not known: $line" }
  }
  if ($wanted.pack -notmatch '^\w[\w.-]*\z') { throw "$Collector names no pack" }
  if ($wanted.take -notmatch '^\.[\w.-]+\z') { throw "$Collector does not say what to take" }
  $wanted
}

# The pack is one program, or an archive with the program to start. Gives the path of the program.
function Expand-Pack($Wanted) {
  $count = Read-Number 'parts of the pack' $Wanted.parts 0 40
  $files = @($Wanted.pack)
  if ($count -gt 0) { $files = 1..$count | ForEach-Object { "$($Wanted.pack).$_" } }
  $joined = Get-WorkPath 'joined'
  $stream = [IO.File]::Open($joined, 'CreateNew')
  try {
    foreach ($file in $files) { Copy-PutFile $file $stream }
    $stream.Position = 0
    $hash = Get-HashOf $stream
  } finally { $stream.Dispose() }
  if ($hash -ne $Wanted.sha256) { throw "$($Wanted.pack) has another hash than expected" }
  $folder = Get-WorkPath 'pack'
  $start = $Wanted.start
  if ($Wanted.pack.EndsWith('.zip')) {
    [IO.Compression.ZipFile]::ExtractToDirectory($joined, $folder)
    [IO.File]::Delete($joined)
  } else {
    $start = $Wanted.pack
    [IO.File]::Move($joined, [IO.Path]::Combine($folder, $start))
  }
  $program = [IO.Path]::Combine($folder, $start)
  if (-not [IO.File]::Exists($program)) { throw "there is no $start in $($Wanted.pack)" }
  $program
}

# Runs the program until it ends, or the time is over. What it says is for the error.
function Invoke-Pack($Wanted, [string]$Program) {
  $out = Get-WorkPath 'out'
  $words = $Wanted.arguments | ForEach-Object { ConvertTo-Quoted $_.Replace('%out%', $out) }
  $start = New-Start $Program ($words -join ' ')
  $start.UseShellExecute = $false
  $start.CreateNoWindow = $true
  $start.RedirectStandardInput = $true
  $start.RedirectStandardOutput = $true
  $start.RedirectStandardError = $true
  # What is alone may leave its output where it is started.
  $start.WorkingDirectory = $out
  if ($Wanted.pack.EndsWith('.zip')) {
    $start.WorkingDirectory = [IO.Path]::GetDirectoryName($Program)
  }
  $archive.process = [Diagnostics.Process]::Start($start)
  $archive.process.StandardInput.Dispose()
  $code = Wait-Collector $archive.process
  $archive.process = $null
  if ($code -ne 0) { throw "the collector ended with ${code}: $(Get-LastWords)" }
}

function Wait-Collector($Process) {
  $said = [IO.File]::Open((Get-WorkPath 'said'), 'CreateNew')
  $errors = [IO.File]::Open((Get-WorkPath 'errors'), 'CreateNew')
  try {
    $copies = [Threading.Tasks.Task[]]@($Process.StandardOutput.BaseStream.CopyToAsync($said),
      $Process.StandardError.BaseStream.CopyToAsync($errors))
    while (-not $Process.WaitForExit(200)) {
      if (-not (Test-TimeLeft)) { throw "the collector did not end within $Seconds seconds" }
    }
    # What it started may have its output open for longer.
    [void][Threading.Tasks.Task]::WaitAll($copies, 2000)
  } finally { $said.Dispose(); $errors.Dispose() }
  $Process.ExitCode
}

# Of its errors or, if it wrote none, of what else it said.
function Get-LastWords {
  foreach ($name in 'errors', 'said') {
    $stream = [IO.File]::OpenRead((Get-WorkPath $name))
    try {
      $stream.Position = [Math]::Max(0, $stream.Length - 2000)
      $bytes = New-Object byte[] 2000
      $count = $stream.Read($bytes, 0, 2000)
    } finally { $stream.Dispose() }
    $lines = [Text.Encoding]::UTF8.GetString($bytes, 0, $count).Trim() -split '[\r\n]+'
    if ($lines[-1] -ne '') { return $lines[-1] }
  }
}

# As Windows takes a command line apart.
function ConvertTo-Quoted([string]$Word) {
  '"' + ($Word -replace '(\\*)"', '$1$1\"' -replace '(\\+)\z', '$1$1') + '"'
}

# Cuts from the end, so that the disk needs room for one part more, and not for all again. The
# manifest is last: where it is, all parts are.
function New-Manifest([string]$Path, [int]$Least, [long]$Most) {
  $stream = [IO.File]::Open($Path, 'Open', 'ReadWrite', 'None')
  try {
    $size = $stream.Length
    $count = [int][Math]::Max($Least, [Math]::Ceiling($size / $Most))
    if ($count -gt 99) { throw "its output is too much: $size bytes" }
    if ($size -le ($count - 1) * ($count - 1)) { throw "its output has only $size bytes" }
    $each = [long][Math]::Ceiling($size / $count)
    $manifest = [ordered]@{ version = 1; name = [IO.Path]::GetFileName($Path); size = $size }
    $manifest.sha256 = Get-HashOf $stream
    for ($at = $count; $at -gt 1; $at--) {
      $stream.Position = ($at - 1) * $each
      $part = [IO.File]::Open((Get-WorkPath "part-$at"), 'CreateNew')
      try { $stream.CopyTo($part) } finally { $part.Dispose() }
      $stream.SetLength(($at - 1) * $each)
    }
  } finally { $stream.Dispose() }
  [IO.File]::Move($Path, (Get-WorkPath 'part-1'))
  $manifest.parts = @(1..$count | ForEach-Object { Move-Part $_ })
  $text = ConvertTo-Line $manifest
  [IO.File]::WriteAllText((Get-WorkPath 'manifest'), "$text`n")
  [IO.File]::Move((Get-WorkPath 'manifest'), "$Output.json")
  $manifest
}

function Move-Part([int]$At) {
  $path = Get-WorkPath "part-$At"
  $stream = [IO.File]::OpenRead($path)
  try {
    $row = [ordered]@{ path = "$Output.$At"; size = $stream.Length; sha256 = Get-HashOf $stream }
  } finally { $stream.Dispose() }
  [IO.File]::Move($path, "$Output.$At")
  $row
}

# Of a stream from its beginning.
function Get-HashOf([IO.Stream]$Stream) {
  $Stream.Position = 0
  ConvertTo-Hex ([Security.Cryptography.SHA256]::Create().ComputeHash($Stream))
}

#: line.ps1
#: put-file.ps1
# ---- What only Windows has. Tests replace these functions.

function New-Start([string]$Program, [string]$Words) {
  New-Object Diagnostics.ProcessStartInfo $Program, $Words
}

function Stop-Tree($Process) {
  [void](& "$env:SystemRoot\System32\taskkill.exe" /T /F /PID $Process.Id)
  [void]$Process.WaitForExit(10000)
}

if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-Collector'
  exit $exitCode
}
