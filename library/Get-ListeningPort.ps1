<#
Lists the ports on which a Windows machine listens, each with its process, as rows.

  Get-ListeningPort.ps1 -Output C:\ProgramData\lrq\listening-ports.ndjson.gz
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
  $processes = @{}
  foreach ($each in Find-Object 'root/cimv2' 'Win32_Process') {
    $processes[[int]$each.ProcessId] = $each
  }
  $services = @{}
  foreach ($each in Find-Object 'root/cimv2' 'Win32_Service' "State='Running'") {
    $id = [int]$each.ProcessId
    $services[$id] = @($services[$id]) + ($each.Name -replace '_[0-9a-f]{4,8}\z', '_*')
  }
  # 2 is a socket that listens.
  foreach ($each in Find-Object 'root/StandardCimv2' 'MSFT_NetTCPConnection' 'State=2') {
    Add-Socket 'tcp' $each $processes $services
  }
  foreach ($each in Find-Object 'root/StandardCimv2' 'MSFT_NetUDPEndpoint') {
    Add-Socket 'udp' $each $processes $services
  }
  Complete-Rows
}

function Add-Socket([string]$Protocol, $Socket, $Processes, $Services) {
  $id = [int]$Socket.OwningProcess
  $process = $Processes[$id]
  $path = "$($process.ExecutablePath)"
  $detail = Get-Detail $path
  $names = @($Services[$id] | Where-Object { $_ } | Sort-Object) -join ' '
  Add-Row ([ordered]@{
      protocol = $Protocol; address = "$($Socket.LocalAddress)"; port = [int]$Socket.LocalPort
      path = $path; process = "$($process.Name)"; services = $names
      command = "$($process.CommandLine)"; pid = $id; signer = $detail.signer
      signed = $detail.signed; sha256 = $detail.sha256; written = $detail.written
    })
}

# ---- The line that says what happened, and the folder for what is not ready.

# Says one line, whatever happens, and leaves the exit code that goes with it.
function Invoke-Script([string]$Main) {
  $script:archive = @{ work = '' }
  $script:exitCode = 0
  try {
    # Live response would take what an earlier time left for what is of this time.
    Remove-Earlier
    if ($Rest) { throw "it does not know the argument $($Rest[0])" }
    $line = ConvertTo-Line (& $Main)
  } catch {
    $script:exitCode = 1
    $line = ConvertTo-Line ([ordered]@{ ok = $false; error = Get-Reason $_ })
  }
  try { Remove-Traces } catch { }
  try { Remove-Work } catch { }
  $line
}

function Read-Number([string]$Name, [string]$Value, [int]$Least, [int]$Most) {
  if ($Value -match '^[0-9]{1,4}\z' -and [int]$Value -ge $Least -and [int]$Value -le $Most) {
    return [int]$Value
  }
  throw "-$Name is $Least to $Most"
}

# Live response ends a script at ten minutes. What is not ready is in a folder beside -Output.
function Open-Work([string]$What) {
  $archive.seconds = Read-Number 'Seconds' $Seconds 1 480
  $archive.since = [Diagnostics.Stopwatch]::StartNew()
  if ($Output -notmatch '^([A-Za-z]:[\\/]|/).*[^\\/]\z') {
    throw "-Output is the full path of the $What"
  }
  if ([IO.Directory]::Exists($Output)) { throw '-Output is a folder' }
  $folder = [IO.Path]::GetDirectoryName($Output)
  $work = [IO.Path]::Combine($folder, '.lrq-' + [Guid]::NewGuid().ToString('N'))
  try {
    [void][IO.Directory]::CreateDirectory($folder)
    if ([IO.Path]::GetFileName($folder) -eq 'lrq') { Protect-Folder $folder }
    [void][IO.Directory]::CreateDirectory($work)
    $archive.work = $work
  } catch { throw "cannot write in ${folder}: $(Get-Reason $_)" }
}

function Test-TimeLeft {
  $archive.since.Elapsed.TotalSeconds -lt $archive.seconds
}

function Get-Reason($Problem) {
  $Problem.Exception.GetBaseException().Message
}

function Remove-Work {
  if ($archive.file) { try { $archive.file.Dispose() } catch { } }
  if ($archive.work) { [IO.Directory]::Delete($archive.work, $true) }
}

function ConvertTo-Hex([byte[]]$Bytes) {
  [BitConverter]::ToString($Bytes).Replace('-', '').ToLowerInvariant()
}

# One line of ASCII, for nobody knows the code page of a machine.
function ConvertTo-Line($Value) {
  $line = ConvertTo-Json -InputObject $Value -Compress -Depth 6
  [regex]::Replace($line, '[^\x20-\x7e]', { param($found) '\u{0:x4}' -f [int][char]$found.Value })
}

# Only Windows has these two. Tests replace them.
function Test-Administrator {
  $me = [Security.Principal.WindowsIdentity]::GetCurrent()
  $administrators = [Security.Principal.WindowsBuiltInRole]::Administrator
  (New-Object Security.Principal.WindowsPrincipal $me).IsInRole($administrators)
}

# Anybody may make a folder in ProgramData. This one is for the system and for administrators.
function Protect-Folder([string]$Folder) {
  $icacls = "$env:SystemRoot\System32\icacls.exe"
  $all = '(OI)(CI)F'
  [void](& $icacls $Folder /setowner '*S-1-5-32-544')
  [void](& $icacls $Folder /inheritance:r /grant:r "*S-1-5-18:$all" "*S-1-5-32-544:$all")
  if ($LASTEXITCODE -ne 0) { throw "icacls ended with $LASTEXITCODE" }
}

# ---- Rows: objects of JSON, one a line, in gzip.

function Remove-Earlier {
  if ([IO.File]::Exists($Output)) { [IO.File]::Delete($Output) }
}

function Remove-Traces { }

function Open-Rows {
  $archive.left = (Read-Number 'Kilobytes' $Kilobytes 1 4096) * 1KB
  Open-Work 'file'
  $archive.lines = New-Object 'Collections.Generic.HashSet[string]'
  $archive.missed = New-Object Collections.ArrayList
  $archive.cut = 0
  $archive.shortened = 0
}

# A row, once. A field has at most 4,000 characters, and the file at most 10,000 rows.
function Add-Row($Row) {
  $isShort = $false
  foreach ($name in @($Row.Keys)) {
    if ($Row[$name] -isnot [string]) { continue }
    $text = $Row[$name] -replace '[\x00-\x1f\x7f]', '?'
    if ($text.Length -gt 4000) { $text = $text.Substring(0, 4000) + '...'; $isShort = $true }
    $Row[$name] = $text
  }
  $line = ConvertTo-Line $Row
  if ($archive.lines.Contains($line)) { return }
  if ($archive.lines.Count -ge 10000 -or $line.Length + 1 -gt $archive.left) {
    $archive.cut++
    $archive.left = 0
    return
  }
  $archive.left -= $line.Length + 1
  $archive.shortened += [int]$isShort
  [void]$archive.lines.Add($line)
}

# Skip WHY WHAT: it is in notRead.
function Skip([string]$Why, [string]$What) {
  $said = "${What}: $Why" -replace '[\x00-\x1f\x7f]', '?'
  if ($said.Length -gt 200) { $said = $said.Substring(0, 200) }
  if (-not $archive.missed.Contains($said)) { [void]$archive.missed.Add($said) }
}

# The objects of a class. If they cannot be had, the others still can.
function Find-Object([string]$Namespace, [string]$Class, [string]$Filter = '') {
  if (-not (Test-TimeLeft)) { Skip 'no time was left' $Class; return }
  $wanted = @{ namespace = $Namespace; class = $Class; filter = $Filter; properties = $null }
  try { Get-CimObject $wanted | Where-Object { $null -ne $_ } } catch { Skip (Get-Reason $_) $Class }
}

# An empty file could not be fetched. So without rows there is an empty line in the gzip.
function Complete-Rows {
  $lines = New-Object string[] $archive.lines.Count
  $archive.lines.CopyTo($lines)
  [Array]::Sort($lines, [StringComparer]::Ordinal)
  $text = -join ($lines | ForEach-Object { "$_`n" })
  if ($text -eq '') { $text = "`n" }
  $bytes = [Text.Encoding]::UTF8.GetBytes($text)
  $path = [IO.Path]::Combine($archive.work, 'rows')
  $archive.file = [IO.File]::Open($path, 'CreateNew')
  $mode = [IO.Compression.CompressionMode]::Compress
  $gzip = New-Object IO.Compression.GZipStream $archive.file, $mode, $true
  try { $gzip.Write($bytes, 0, $bytes.Length) } finally { $gzip.Dispose() }
  $archive.file.Position = 0
  $sha256 = ConvertTo-Hex ([Security.Cryptography.SHA256]::Create().ComputeHash($archive.file))
  $size = $archive.file.Length
  $archive.file.Dispose()
  [IO.File]::Move($path, $Output)
  $said = [ordered]@{ ok = $true; file = $Output; bytes = $size; sha256 = $sha256 }
  $said.rows = $lines.Count
  $said.cut = $archive.cut
  $said.shortened = $archive.shortened
  $said.notRead = @($archive.missed | Select-Object -First 20)
  $said.asAdministrator = Test-Administrator
  $said
}

# ---- Programs: what is known of their files.

# The file of a program: its hash, when it was written, who signed it. Each is looked at once.
function Get-Detail([string]$Path) {
  if (-not $archive.details) { $archive.details = @{} }
  if ($archive.details.ContainsKey($Path)) { return $archive.details[$Path] }
  $detail = @{ sha256 = ''; written = ''; signer = ''; signed = $null }
  $archive.details[$Path] = $detail
  if ($Path -eq '' -or -not [IO.File]::Exists($Path)) { return $detail }
  if (-not (Test-TimeLeft)) { Skip 'no time was left' 'hashes of programs'; return $detail }
  try {
    $detail.written = (New-Object IO.FileInfo $Path).LastWriteTimeUtc.ToString('o')
    $stream = New-Object IO.FileStream $Path, 'Open', 'Read', 'ReadWrite, Delete'
    try {
      $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($stream)
      $detail.sha256 = ConvertTo-Hex $hash
    } finally { $stream.Dispose() }
    $signer = Get-Signer $Path
    $detail.signer = $signer.signer
    $detail.signed = $signer.signed
  } catch { Skip (Get-Reason $_) $Path }
  $detail
}

# Also of files that a catalogue of Windows has signed. Tests replace it.
function Get-Signer([string]$Path) {
  $signature = Get-AuthenticodeSignature -LiteralPath $Path
  $signer = ''
  if ($signature.SignerCertificate) {
    $signer = $signature.SignerCertificate.GetNameInfo('SimpleName', $false)
  }
  @{ signer = $signer; signed = "$($signature.Status)" -eq 'Valid' }
}

# ---- What only Windows has. Tests replace these functions.

function Get-CimObject($Wanted) {
  $more = @{}
  if ($Wanted.properties) { $more.Property = $Wanted.properties }
  if ($Wanted.filter) { $more.Filter = $Wanted.filter }
  $more.Namespace = $Wanted.namespace
  Get-CimInstance -ClassName $Wanted.class -OperationTimeoutSec 60 @more
}

# The values of keys. * is any name of a key, and \** at the end stands for all keys below.
function Get-RegistryValue([string]$Keys) {
  $path = 'Registry::' + ($Keys -replace '\\\*\*$', '')
  $found = @(Get-Item -Path $path -ErrorAction SilentlyContinue)
  if ($Keys.EndsWith('**')) {
    $found += @(Get-ChildItem -Path $path -Recurse -ErrorAction SilentlyContinue)
  }
  foreach ($key in $found) {
    foreach ($name in $key.GetValueNames()) {
      $kind = "$($key.GetValueKind($name))"
      $value = $key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
      if ($value -is [byte[]]) { $value = ConvertTo-Hex $value }
      [ordered]@{ key = $key.Name; name = $name; kind = $kind; value = $value }
    }
  }
}

if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-List'
  exit $exitCode
}
